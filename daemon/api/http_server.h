// An HTTP/1.1 server, plain or with TLS, in front of an HttpHandler.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/api/http.h"
#include "daemon/config/web_config.h"

namespace httplib {
class ContentReader;
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace kpiwatch {

struct HttpServerOptions {
  std::string address;  // "127.0.0.1:9464", "[::1]:9464", ":9464" (every interface), port 0: any
  std::optional<TlsConfig> tls;
  std::vector<std::string> body_paths;  // POST requests to these have their bodies read
  size_t max_body_bytes = 8 << 20;      // after decompression too; above: 413
  size_t threads = 20;                  // each serves one connection at a time
  size_t max_bodies = 16;  // requests with a body served at a time: more are refused with 503
  size_t max_waiting_connections = 64;              // taken from the kernel and not yet served
  absl::Duration io_timeout = absl::Seconds(10);    // for one read or write
  absl::Duration body_timeout = absl::Seconds(30);  // for a whole body: what takes longer gets 408
  absl::Duration keep_alive_timeout = absl::Seconds(2);  // also how long a stop may take
};

// Request lines and header lines are limited to 8 KiB each. The handler is called from several
// threads. Bodies hold at most max_bodies of them, however slowly they come, so that the other
// paths answer. Heads that trickle, and the framing of chunked bodies, are only bound by
// io_timeout: for hostile networks put a proxy in front.
class HttpServer {
 public:
  // Listens from now on. `handler` is borrowed and must outlive the server. Errors:
  // kInvalidArgument (address, certificate or key), kUnavailable (the address is in use or not
  // ours).
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                           HttpHandler* handler);
  // Finishes what is being answered.
  ~HttpServer();

  int port() const { return port_; }
  // Where a browser on this machine reaches it: "http://127.0.0.1:9464".
  std::string url() const;

 private:
  HttpServer(const HttpServerOptions& options, HttpHandler* handler);
  absl::Status Bind(std::string_view host, int port);
  void Serve();
  void ServeBody(const httplib::Request& from, const httplib::ContentReader& read,
                 httplib::Response* to);

  // Constant after Start.
  const HttpServerOptions options_;
  HttpHandler* const handler_;
  std::unique_ptr<httplib::Server> server_;
  std::string host_;
  int port_ = 0;
  std::atomic<bool> stopped_ = false;  // the thread is done
  std::atomic<size_t> bodies_ = 0;     // requests with a body that are being served
  std::thread thread_;
};

// "host:port", "[v6]:port", ":port". Errors: kInvalidArgument.
absl::StatusOr<std::pair<std::string, int>> ParseListenAddress(std::string_view address);

}  // namespace kpiwatch
