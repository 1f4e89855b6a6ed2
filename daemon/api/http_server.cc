#include "daemon/api/http_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <system_error>

#include "absl/strings/numbers.h"
#include "daemon/api/tls.h"
#include "daemon/api/worker_pool.h"
#include "daemon/base/log.h"
#include "fmt/format.h"
#include "httplib.h"

namespace kpiwatch {
namespace {

HttpRequest FromLibrary(const httplib::Request& from) {
  HttpRequest to;
  to.method = from.method;
  to.path = from.path;
  to.query.assign(from.params.begin(), from.params.end());
  to.headers.assign(from.headers.begin(), from.headers.end());
  to.remote_addr = from.remote_addr;
  return to;
}

void ToLibrary(HttpReply from, httplib::Response* to) {
  to->status = from.status;
  for (auto& [name, value] : from.headers) {
    to->set_header(name, value);
  }
  if (!from.content_type.empty()) {
    to->set_header("Content-Type", from.content_type);
  }
  to->body = std::move(from.body);
}

bool HasBody(const httplib::Request& request) {
  return request.has_header("Transfer-Encoding") ||
         (request.has_header("Content-Length") &&
          request.get_header_value("Content-Length") != "0");
}

// The library answers byte ranges of anything, any number of them, and keeps a connection open on
// which the body of a refused request still waits. It looks at its request for both, so the request
// is told otherwise.
void ServeWholeReplies(const httplib::Request& request, bool body_stays_unread) {
  auto& mutable_request = const_cast<httplib::Request&>(request);
  mutable_request.ranges.clear();
  if (body_stays_unread) {
    mutable_request.headers.erase("Connection");
    mutable_request.set_header("Connection", "close");
  }
}

// Counts while it lives, whatever is thrown.
class Counted {
 public:
  explicit Counted(std::atomic<size_t>* count) : count_(count), before_(count->fetch_add(1)) {}
  ~Counted() { count_->fetch_sub(1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  size_t before() const { return before_; }

 private:
  std::atomic<size_t>* const count_;
  const size_t before_;
};

// Not the library's choice, SO_REUSEPORT: with that a second daemon would silently share the port.
void SetListenOptions(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

}  // namespace

absl::StatusOr<std::pair<std::string, int>> ParseListenAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string_view::npos ||
      !absl::SimpleAtoi(std::string(address.substr(colon + 1)), &port) || port < 0 ||
      port > 65535) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is not an address to listen on: write HOST:PORT", address));
  }
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        fmt::format("'{}': write an IPv6 address in brackets, [HOST]:PORT", address));
  }
  return std::pair(std::string(host), port);
}

HttpServer::HttpServer(const HttpServerOptions& options, HttpHandler* handler)
    : options_(options), handler_(handler) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                              HttpHandler* handler) {
  const auto address = ParseListenAddress(options.address);
  if (!address.ok()) {
    return address.status();
  }
  std::unique_ptr<HttpServer> self(new HttpServer(options, handler));
  if (options.tls.has_value()) {
    auto server = MakeTlsServer(*options.tls);
    if (!server.ok()) {
      return server.status();
    }
    self->server_ = *std::move(server);
  } else {
    self->server_ = std::make_unique<httplib::Server>();
  }
  self->Serve();
  if (absl::Status bound = self->Bind(address->first, address->second); !bound.ok()) {
    return bound;
  }
  return self;
}

HttpServer::~HttpServer() {
  if (thread_.joinable()) {
    server_->stop();
    thread_.join();
  }
}

std::string HttpServer::url() const {
  std::string host = host_;
  if (host == "0.0.0.0" || host == "::") {
    host = "localhost";
  } else if (host.find(':') != std::string::npos) {
    host = fmt::format("[{}]", host);
  }
  return fmt::format("{}://{}:{}", options_.tls.has_value() ? "https" : "http", host, port_);
}

absl::Status HttpServer::Bind(std::string_view host, int port) {
  // No host is every interface: of both families, where the machine has both.
  const std::vector<std::string> hosts = host.empty() ? std::vector<std::string>{"::", "0.0.0.0"}
                                                      : std::vector<std::string>{std::string(host)};
  for (const std::string& candidate : hosts) {
    errno = 0;
    host_ = candidate;
    if (port == 0) {
      port_ = server_->bind_to_any_port(candidate);
    } else {
      port_ = server_->bind_to_port(candidate, port) ? port : -1;
    }
    if (port_ > 0) {
      thread_ = std::thread([this] {
        server_->listen_after_bind();
        stopped_ = true;
      });
      while (!server_->is_running() && !stopped_) {  // a stop before that would have no effect
        std::this_thread::yield();
      }
      return absl::OkStatus();
    }
  }
  return absl::UnavailableError(fmt::format("cannot listen on {}: {}", options_.address,
                                            errno != 0
                                                ? std::generic_category().message(errno)
                                                : "the host is unknown or not this machine"));
}

void HttpServer::Serve() {
  server_->set_socket_options([](auto socket) { SetListenOptions(socket); });
  server_->set_tcp_nodelay(true);
  server_->new_task_queue = [this] {
    return new WorkerPool(options_.threads, options_.max_waiting_connections);
  };
  server_->set_read_timeout(absl::ToChronoMicroseconds(options_.io_timeout));
  server_->set_write_timeout(absl::ToChronoMicroseconds(options_.io_timeout));
  server_->set_keep_alive_timeout(absl::ToInt64Seconds(options_.keep_alive_timeout));
  server_->set_keep_alive_max_count(1000);
  server_->set_payload_max_length(options_.max_body_bytes);

  server_->set_pre_routing_handler([this](const httplib::Request& from, httplib::Response& to) {
    std::optional<HttpReply> reply = handler_->OnHead(FromLibrary(from));
    ServeWholeReplies(from, reply.has_value() && HasBody(from));
    if (!reply.has_value()) {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    ToLibrary(*std::move(reply), &to);
    return httplib::Server::HandlerResponse::Handled;
  });
  for (const std::string& path : options_.body_paths) {
    server_->Post(path, [this](const httplib::Request& from, httplib::Response& to,
                               const httplib::ContentReader& read) {
      const Counted counted(&bodies_);
      if (counted.before() < options_.max_bodies) {
        ServeBody(from, read, &to);
        return;
      }
      ServeWholeReplies(from, /*body_stays_unread=*/true);
      ToLibrary(handler_->OnRefused(503), &to);
      to.set_header("Retry-After", "1");
    });
  }
  server_->set_error_handler([this](const httplib::Request&, httplib::Response& to) {
    if (to.body.empty()) {
      ToLibrary(handler_->OnRefused(to.status), &to);
    }
  });
  server_->set_exception_handler(
      [this](const httplib::Request& from, httplib::Response& to, const auto& thrown) {
        std::string what = "unknown";
        try {
          std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
          what = error.what();
        } catch (...) {
        }
        Log(LogLevel::kError, "answering a request failed", {{"path", from.path}, {"error", what}});
        ToLibrary(handler_->OnRefused(500), &to);
      });
}

void HttpServer::ServeBody(const httplib::Request& from, const httplib::ContentReader& read,
                           httplib::Response* to) {
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoMicroseconds(options_.body_timeout);
  HttpRequest request = FromLibrary(from);
  bool too_large = false;
  bool too_slow = false;
  const bool whole = read([&](const char* data, size_t size) {
    too_large = request.body.size() + size > options_.max_body_bytes;
    too_slow = std::chrono::steady_clock::now() >= end;
    if (too_large || too_slow) {
      return false;
    }
    request.body.append(data, size);
    return true;
  });
  if (whole) {
    ToLibrary(handler_->OnBody(request), to);
    return;
  }
  ServeWholeReplies(from, /*body_stays_unread=*/true);
  ToLibrary(handler_->OnRefused(too_large || to->status == 413 ? 413 : too_slow ? 408 : 400), to);
}

}  // namespace kpiwatch
