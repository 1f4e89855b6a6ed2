// What the daemon tells the people who run it: one line per happening on standard error, as logfmt
// (ts=… level=info msg="…" key=value) or as JSON. Secrets do not belong here, nor URLs with a
// query.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"

namespace kpiwatch {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : uint8_t { kLogfmt, kJson };

std::optional<LogLevel> ParseLogLevel(std::string_view name);    // "debug" "info" "warn" "error"
std::optional<LogFormat> ParseLogFormat(std::string_view name);  // "logfmt" "json"

// A value with its name, ready to be written.
struct LogField {
  // NOLINTBEGIN(google-explicit-constructor): fields are written as {"topic", topic}
  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, bool flag)
      : key(name), value(flag ? "true" : "false"), bare(true) {}
  template <std::integral T>
  LogField(std::string_view name, T number)
      : key(name), value(std::to_string(number)), bare(true) {}
  LogField(std::string_view name, double number);
  LogField(std::string_view name, const absl::Status& status)
      : key(name), value(status.ToString()) {}
  LogField(std::string_view name, absl::Time time)
      : key(name), value(absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone())) {}
  LogField(std::string_view name, absl::Duration duration)
      : key(name), value(absl::FormatDuration(duration)) {}
  // NOLINTEND(google-explicit-constructor)

  std::string_view key;  // a literal
  std::string value;
  bool bare = false;  // a number or boolean: JSON does not quote it
};

using LogFields = std::initializer_list<LogField>;

// Sets the least level that is written and the format. Before the first call: info, logfmt.
void SetupLogging(LogLevel level, LogFormat format);

// Whether lines of this level are written: for callers whose fields are costly.
bool IsLogged(LogLevel level);
// Writes one line, whole, from any thread.
void Log(LogLevel level, std::string_view message, LogFields fields = {});

// The text of a line, without its end.
std::string FormatLogLine(LogFormat format, absl::Time time, LogLevel level,
                          std::string_view message, LogFields fields);

// Keeps what happens again and again from flooding the log: each key passes once per interval.
// A clock that steps back silences nothing for longer. Thread-safe. Knows at most kMaxKeys keys;
// further ones share one turn.
class LogLimiter {
 public:
  static constexpr size_t kMaxKeys = 1000;

  // `clock` is borrowed and must outlive this.
  LogLimiter(const Clock* clock, absl::Duration interval) : clock_(clock), interval_(interval) {}
  // How often `key` was held back since it passed last, if it passes now; nullopt: keep quiet.
  std::optional<uint64_t> Pass(std::string_view key);

 private:
  struct Turn {
    absl::Time next = absl::InfinitePast();
    uint64_t held_back = 0;
  };

  // Constant after construction.
  const Clock* const clock_;
  const absl::Duration interval_;

  Mutex mu_;
  std::map<std::string, Turn, std::less<>> turns_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kpiwatch
