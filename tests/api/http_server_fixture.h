// A server on a real loopback socket that answers with what it was asked.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "daemon/api/http_server.h"
#include "httplib.h"

namespace kpiwatch {

// Answers with what it was asked.
class EchoHandler final : public HttpHandler {
 public:
  std::optional<HttpReply> OnHead(const HttpRequest& head) override {
    if (head.path == "/throw") {
      throw std::runtime_error("a bug");
    }
    if (head.path == "/body" && head.method == "POST") {
      return std::nullopt;
    }
    std::string text = head.method + " " + head.path;
    for (const auto& [name, value] : head.query) {
      text += " " + name + "=" + value;
    }
    return HttpReply{.status = head.path == "/missing" ? 404 : 200,
                     .content_type = "text/plain",
                     .body = text + " " + head.remote_addr,
                     .headers = {{"X-Ours", "yes"}}};
  }
  HttpReply OnBody(const HttpRequest& request) override {
    ++bodies;
    return {.status = 202,
            .content_type = "text/plain",
            .body = std::to_string(request.body.size()) + ":" + request.body.substr(0, 20),
            .headers = {}};
  }
  HttpReply OnRefused(int status) override {
    return {.status = status,
            .content_type = "text/plain",
            .body = "refused " + std::to_string(status),
            .headers = {}};
  }
  std::atomic<int> bodies = 0;
};

inline HttpServerOptions Options() {
  HttpServerOptions options;
  options.address = "127.0.0.1:0";
  options.body_paths = {"/body"};
  options.max_body_bytes = 1000;
  options.keep_alive_timeout = absl::Seconds(1);
  return options;
}

class HttpServerTest : public testing::Test {
 protected:
  void Start(const HttpServerOptions& options = Options()) {
    auto server = HttpServer::Start(options, &handler_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  httplib::Client Client() { return httplib::Client("127.0.0.1", server_->port()); }

  int Connect() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }
  static void SendAll(int fd, const std::string& bytes) {
    EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // One answer; closes the connection.
  static std::string Answer(int fd) {
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 0; !IsWhole(answer) && (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(n));
    }
    close(fd);
    return answer;
  }
  // Sends bytes as they are; returns one answer.
  std::string Raw(const std::string& bytes) {
    const int fd = Connect();
    SendAll(fd, bytes);
    return Answer(fd);
  }
  static bool IsWhole(const std::string& answer) {
    const size_t end = answer.find("\r\n\r\n");
    const size_t length = answer.find("Content-Length: ");
    return end != std::string::npos && length < end &&
           answer.size() >= end + 4 + std::stoul(answer.substr(length + 16));
  }

  EchoHandler handler_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace kpiwatch
