#include "daemon/kpictl/listen.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "daemon/api/http_server.h"
#include "daemon/base/mutex.h"
#include "daemon/base/status_text.h"
#include "daemon/kpictl/text_width.h"
#include "daemon/model/level.h"
#include "httplib.h"
#include "nlohmann/json.hpp"

namespace kpiwatch {
namespace {

using Json = nlohmann::json;

std::string Text(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() || !it->is_string() ? std::string() : it->get<std::string>();
}

// "2026-09-03T14:00:00.000Z" → "09-03 22:00" on the clock of Chinese business.
std::string ShortTime(const std::string& utc) {
  absl::Time time;
  absl::TimeZone zone;
  if (!absl::ParseTime(absl::RFC3339_full, utc, &time, nullptr) ||
      !absl::LoadTimeZone("Asia/Shanghai", &zone)) {
    return utc;
  }
  return absl::FormatTime("%m-%d %H:%M", time, zone);
}

std::string_view ColourOf(const std::string& level, bool resolved) {
  if (resolved || level == "green") {
    return "\033[32m";
  }
  return level == "red" ? "\033[31m" : level == "orange" ? "\033[38;5;208m" : "\033[33m";
}

std::string ShownLevel(const std::string& level) {
  for (const std::string_view word : {"绿 green", "黄 yellow", "橙 orange", "红 red"}) {
    if (word.substr(word.find(' ') + 1) == level) {
      return std::string(word);
    }
  }
  return level;
}

std::string Padded(const std::string& text, size_t width) {
  const size_t now = TextWidth(text);
  return now < width ? text + std::string(width - now, ' ') : text;
}

std::set<std::string> ReadExpected(const std::string& path, std::string* error) {
  std::set<std::string> expected;
  std::ifstream file(path);
  if (!file) {
    *error = "cannot read " + path;
  }
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string rule, subject, period, level;
    if (words >> rule >> subject >> period >> level) {
      expected.insert(fmt::format("{} {} {} {}", rule, subject, period, level));
    }
  }
  return expected;
}

// The texts of a list, with commas.
std::string TextsOf(const Json& object, const char* key) {
  std::string texts;
  if (object.contains(key) && object[key].is_array()) {
    for (const Json& text : object[key]) {
      texts += (texts.empty() ? "" : ",") + text.get<std::string>();
    }
  }
  return texts;
}

class AlertPrinter {
 public:
  AlertPrinter(std::set<std::string> expected, const Console& console)
      : console_(console), missing_(std::move(expected)) {}

  int Take(const std::string& body) {
    const Json message = Json::parse(body, nullptr, false);
    if (!message.is_object() || !message.contains("alerts") || !message["alerts"].is_array()) {
      MutexLock lock(&mu_);
      console_.err << "kpictl: received a body that is no webhook message\n";
      return 400;
    }
    // Decided subject by subject; people read in the order in which things happened.
    std::vector<Json> alerts = message["alerts"];
    std::stable_sort(alerts.begin(), alerts.end(),
                     [](const Json& a, const Json& b) { return Text(a, "at") < Text(b, "at"); });
    MutexLock lock(&mu_);
    for (const Json& alert : alerts) {
      Print(alert);
      missing_.erase(Text(alert, "rule") + " " + Text(alert, "subject") + " " +
                     Text(alert, "period") + " " + Text(alert, "level"));
    }
    console_.out.flush();
    return 200;
  }
  std::set<std::string> missing() const {
    MutexLock lock(&mu_);
    return missing_;
  }

 private:
  void Print(const Json& alert) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const std::string level = Text(alert, "level");
    const bool resolved = Text(alert, "status") == "resolved";
    if (!titled_) {
      titled_ = true;
      console_.out << Padded("时间 time", 13) << Padded("级别 level", 16) << Padded("谁 who", 12)
                   << Padded("周期 period", 13) << Padded("通知 told", 18) << "原因 why\n";
    }
    const std::string told = TextsOf(alert, "notified_names");
    const std::string shown = Padded(ShownLevel(level), 16);
    std::string why;
    if (alert.contains("annotations") && alert["annotations"].is_object()) {
      why = Text(alert["annotations"], "summary");
    }
    const std::string reason = Text(alert, "reason");
    if (resolved) {
      why = "解除 resolved (" + reason + ") " + why;
    }
    console_.out << Padded(ShortTime(Text(alert, "at")), 13)
                 << (console_.colours ? ColourOf(level, resolved) : std::string_view()) << shown
                 << (console_.colours ? "\033[0m" : "") << Padded(Text(alert, "subject_name"), 12)
                 << Padded(Text(alert, "period"), 13) << Padded(told.empty() ? "-" : told, 18)
                 << why << "\n";
  }

  const Console& console_;
  mutable Mutex mu_;
  std::set<std::string> missing_ ABSL_GUARDED_BY(mu_);
  bool titled_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace

int Listen(const ListenOptions& options, const Console& console) {
  const auto address = ParseListenAddress(options.address);
  if (!address.ok()) {
    console.err << "kpictl: " << MessageOf(address.status()) << "\n";
    return kExitWrong;
  }
  std::string error;
  const bool expects = !options.expect_file.empty();
  AlertPrinter receiver(
      expects ? ReadExpected(options.expect_file, &error) : std::set<std::string>(), console);
  if (!error.empty()) {
    console.err << "kpictl: " << error << "\n";
    return kExitWrong;
  }
  httplib::Server server;
  server.Post(".*", [&](const httplib::Request& request, httplib::Response& response) {
    response.status = receiver.Take(request.body);
  });
  if (!server.bind_to_port(address->first.c_str(), address->second)) {
    console.err << fmt::format("kpictl: cannot listen on {}\n", options.address);
    return kExitWrong;
  }
  if (!expects) {
    server.listen_after_bind();
    return kExitGood;
  }
  std::thread serving([&] { server.listen_after_bind(); });
  const auto deadline = CondVar::After(options.timeout);
  while (!receiver.missing().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  server.stop();
  serving.join();
  const std::set<std::string> missing = receiver.missing();
  for (const std::string& alert : missing) {
    console.err << "kpictl: this alert did not come: " << alert << "\n";
  }
  return missing.empty() ? kExitGood : kExitWrong;
}

}  // namespace kpiwatch
