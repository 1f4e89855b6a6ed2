#include "tests/adapters/daemon_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/time/clock.h"
#include "daemon/base/check.h"
#include "httplib.h"

namespace kpiwatch {
namespace {

constexpr int kSignalled = 128;

// The daemon of the build that this test program belongs to: bin/tests/<this> and bin/kpiwatchd.
std::string DaemonBinary() {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return (self.parent_path().parent_path() / "kpiwatchd").string();
}

std::vector<char*> Pointers(std::vector<std::string>* words) {
  std::vector<char*> pointers;
  for (std::string& word : *words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// This process's environment; requests to loopback go through no proxy.
std::vector<std::string> ChildEnvironment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  variables.emplace_back("no_proxy=*");
  return variables;
}

}  // namespace

bool Eventually(const std::function<bool()>& condition, absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (!condition()) {
    if (absl::Now() > deadline) {
      return false;
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

DaemonProcess::DaemonProcess(std::string directory, std::string storage,
                             std::vector<std::string> flags)
    : directory_(std::move(directory)), storage_(std::move(storage)), flags_(std::move(flags)) {}

DaemonProcess::~DaemonProcess() { Kill(); }

void DaemonProcess::Start() {
  KPIWATCH_CHECK(pid_ < 0, "one process at a time");
  std::vector<std::string> command = {
      DaemonBinary(), "--config.file=" + directory_ + "/kpiwatch.yaml",
      "--storage.path=" + storage_path(), "--web.listen-address=127.0.0.1:0"};
  command.insert(command.end(), flags_.begin(), flags_.end());
  std::vector<std::string> environment = ChildEnvironment();
  environment.insert(environment.end(), environment_.begin(), environment_.end());
  const std::vector<char*> argv = Pointers(&command);
  const std::vector<char*> envp = Pointers(&environment);
  const std::string log = log_path();
  std::error_code missing;
  const auto size = std::filesystem::file_size(log, missing);
  log_begin_ = missing ? 0 : static_cast<size_t>(size);
  host_.clear();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  KPIWATCH_CHECK(pid_ > 0, "fork");
}

bool DaemonProcess::Alive() {
  int status = 0;
  if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
    pid_ = -1;
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
  }
  return pid_ > 0;
}

bool DaemonProcess::AwaitListening() {
  Eventually([&] {
    constexpr std::string_view kUrl = "url=http://";
    const std::string text = log();
    const size_t line = text.find("msg=\"listening\"");
    const size_t begin = text.find(kUrl, line);
    const size_t end = text.find(' ', begin);
    if (line != text.npos && begin != text.npos && end != text.npos) {
      host_ = text.substr(begin + kUrl.size(), end - begin - kUrl.size());
    }
    return !host_.empty() || !Alive();
  });
  return !host_.empty();
}

bool DaemonProcess::AwaitReady() {
  return AwaitListening() &&
         Eventually([&] { return Get("/-/ready").status == 200 || !Alive(); }) && Alive();
}

bool DaemonProcess::AwaitLog(std::string_view text) {
  return Eventually([&] { return log().find(text) != std::string::npos || !Alive(); }) &&
         log().find(text) != std::string::npos;
}

void DaemonProcess::Signal(int number) {
  if (pid_ > 0) {
    kill(pid_, number);
  }
}

void DaemonProcess::Kill() {
  Signal(SIGKILL);
  AwaitExit();
}

int DaemonProcess::AwaitExit() {
  return Eventually([&] { return !Alive(); }, absl::Seconds(30)) ? exit_ : -1;
}

int DaemonProcess::Stop() {
  Signal(SIGTERM);
  return AwaitExit();
}

std::string DaemonProcess::log() const {
  std::ifstream in(log_path(), std::ios::binary);
  in.seekg(static_cast<std::streamoff>(log_begin_));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

DaemonProcess::Answer DaemonProcess::Get(const std::string& path) const {
  httplib::Client client("http://" + host_);
  client.set_read_timeout(30);
  const httplib::Result result = client.Get(path);
  return result ? Answer{result->status, result->body} : Answer();
}

DaemonProcess::Answer DaemonProcess::Post(const std::string& path, const std::string& body,
                                          const std::string& content_type) const {
  httplib::Client client("http://" + host_);
  client.set_read_timeout(30);
  const httplib::Result result = client.Post(path, body, content_type);
  return result ? Answer{result->status, result->body} : Answer();
}

double DaemonProcess::Metric(const std::string& name,
                             const std::vector<std::string>& labels) const {
  std::istringstream page(Get("/metrics").body);
  double sum = 0;
  bool any = false;
  for (std::string line; std::getline(page, line);) {
    const size_t name_end = line.find_first_of("{ ");
    if (name_end == line.npos || line.compare(0, name_end, name) != 0) {
      continue;
    }
    bool matches = true;
    for (const std::string& label : labels) {
      matches = matches && line.find(label) != line.npos;
    }
    if (matches) {
      sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
      any = true;
    }
  }
  return any ? sum : -1;
}

}  // namespace kpiwatch
