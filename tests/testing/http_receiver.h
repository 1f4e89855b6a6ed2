// A real HTTP server on loopback that records what is posted to it and answers what the test wants.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "httplib.h"

namespace kpiwatch {

class HttpReceiver {
 public:
  struct Request {
    std::string path;
    std::string body;
    httplib::Headers headers;
    int status = 0;  // that it was answered with

    std::string header(const std::string& name) const {
      const auto it = headers.find(name);
      return it == headers.end() ? "" : it->second;
    }
  };
  struct Answer {
    int status = 200;
    std::string body = "ok";
    httplib::Headers headers;
  };

  HttpReceiver() {
    server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      Take(request, &response);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    EXPECT_GT(port_, 0) << "no free port";
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {  // a stop before that would be lost
      std::this_thread::yield();
    }
  }
  ~HttpReceiver() {
    Release();
    server_.stop();
    thread_.join();
  }
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  std::string Url(const std::string& path = "/hook") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  // The next requests are answered with these, in order; those behind with the default.
  void AnswerWith(std::vector<Answer> answers) {
    MutexLock lock(&mu_);
    answers_.assign(answers.rbegin(), answers.rend());
  }
  // Requests are not answered before Release.
  void Hang() {
    MutexLock lock(&mu_);
    hanging_ = true;
  }
  void Release() {
    MutexLock lock(&mu_);
    hanging_ = false;
    changed_.SignalAll();
  }
  std::vector<Request> requests() const {
    MutexLock lock(&mu_);
    return requests_;
  }
  // Waits until `count` requests have come; false after a minute.
  bool AwaitRequests(size_t count) const {
    const CondVar::Deadline deadline = CondVar::After(absl::Minutes(1));
    MutexLock lock(&mu_);
    while (requests_.size() < count) {
      if (!changed_.WaitUntil(&mu_, deadline)) {
        return false;
      }
    }
    return true;
  }

 private:
  void Take(const httplib::Request& request, httplib::Response* response) {
    MutexLock lock(&mu_);
    Answer answer;
    if (!answers_.empty()) {
      answer = std::move(answers_.back());
      answers_.pop_back();
    }
    requests_.push_back({request.path, request.body, request.headers, answer.status});
    changed_.SignalAll();
    while (hanging_) {
      changed_.Wait(&mu_);
    }
    response->status = answer.status;
    response->headers = answer.headers;
    response->set_content(answer.body, "text/plain");
  }

  mutable Mutex mu_;
  mutable CondVar changed_;
  std::vector<Answer> answers_ ABSL_GUARDED_BY(mu_);  // the next one last
  std::vector<Request> requests_ ABSL_GUARDED_BY(mu_);
  bool hanging_ ABSL_GUARDED_BY(mu_) = false;
  int port_ = 0;
  httplib::Server server_;
  std::thread thread_;
};

}  // namespace kpiwatch
