// The real kpiwatchd as a child process, and what a test asks of it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace kpiwatch {

// Tries `condition` again and again until it holds; false when `patience` ends before.
bool Eventually(const std::function<bool()>& condition, absl::Duration patience = absl::Minutes(1));

// Runs build/…/bin/kpiwatchd on a directory that holds its kpiwatch.yaml. The state is kept in
// <directory>/<storage>, the log in a file beside it that is named after the storage and to which
// every run appends. Dies with the object, and with the test. Not thread-safe; all calls from the
// thread that called Start.
class DaemonProcess {
 public:
  explicit DaemonProcess(std::string directory, std::string storage = "state",
                         std::vector<std::string> flags = {});
  ~DaemonProcess();  // SIGKILL
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Another variable of the environment, "NAME=value", from the next Start on.
  void SetEnvironment(std::string variable) { environment_.push_back(std::move(variable)); }
  // Returns at once. REQUIRES: it is not running.
  void Start();
  // It serves and has its partitions; false after a minute or when it has ended.
  bool AwaitReady();
  // It answers requests; it may wait for its sources.
  bool AwaitListening();
  // A line of this run's log holds `text`.
  bool AwaitLog(std::string_view text);

  void Kill();  // SIGKILL, and waits
  void Signal(int number);
  // Waits for its end, at most half a minute. Returns the exit code; 128 + the signal's number
  // when it died of one; -1 when it is still running.
  int AwaitExit();
  int Stop();  // SIGTERM, then AwaitExit
  bool running() const { return pid_ > 0; }

  // What this run has logged so far.
  std::string log() const;
  std::string storage_path() const { return directory_ + "/" + storage_; }
  std::string log_path() const { return storage_path() + ".log"; }

  struct Answer {
    int status = 0;  // 0: no answer
    std::string body;
  };
  Answer Get(const std::string& path) const;
  Answer Post(const std::string& path, const std::string& body = "",
              const std::string& content_type = "application/json") const;
  // The sum of the samples of /metrics with this name whose labels hold each of `labels`
  // (`source="crm"`); -1 when there is none.
  double Metric(const std::string& name, const std::vector<std::string>& labels = {}) const;

 private:
  bool Alive();  // reaps it when it has ended

  const std::string directory_;
  const std::string storage_;
  const std::vector<std::string> flags_;
  std::vector<std::string> environment_;
  std::string host_;  // "127.0.0.1:40123"
  size_t log_begin_ = 0;
  pid_t pid_ = -1;
  int exit_ = -1;
};

}  // namespace kpiwatch
