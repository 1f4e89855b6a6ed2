// A stand-in for the daemon's HTTP side, on loopback.
#pragma once

#include <httplib.h>

#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kpiwatch {

struct Answer {
  int status = 202;
  std::string body;
  std::string retry_after;
};

// Answers POST /api/v1/events with the given answers in turn, then 202; GET /-/healthy with 200.
class EventServer {
 public:
  explicit EventServer(std::deque<Answer> answers) : answers_(std::move(answers)) {
    server_.Post("/api/v1/events",
                 [this](const httplib::Request& request, httplib::Response& response) {
                   std::lock_guard lock(mu_);
                   bodies_.push_back(request.body);
                   types_.push_back(request.get_header_value("Content-Type"));
                   tokens_.push_back(request.get_header_value("Authorization"));
                   Answer answer;
                   if (!answers_.empty()) {
                     answer = answers_.front();
                     answers_.pop_front();
                   }
                   response.status = answer.status;
                   if (!answer.retry_after.empty()) {
                     response.set_header("Retry-After", answer.retry_after);
                   }
                   response.set_content(answer.body, "application/json");
                 });
    server_.Get("/-/healthy", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("kpiwatchd is healthy.\n", "text/plain");
    });
    server_.Get("/-/ready", [](const httplib::Request&, httplib::Response& response) {
      response.status = 503;
      response.set_content("restoring", "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {  // stop() before that would be lost
      std::this_thread::yield();
    }
  }
  ~EventServer() {
    server_.stop();
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> bodies() const {
    std::lock_guard lock(mu_);
    return bodies_;
  }
  std::vector<std::string> types() const {
    std::lock_guard lock(mu_);
    return types_;
  }
  std::vector<std::string> tokens() const {
    std::lock_guard lock(mu_);
    return tokens_;
  }

 private:
  mutable std::mutex mu_;
  std::deque<Answer> answers_;
  std::vector<std::string> bodies_, types_, tokens_;  // of the posts
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace kpiwatch
