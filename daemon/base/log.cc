#include "daemon/base/log.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "daemon/base/json_text.h"
#include "fmt/format.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace kpiwatch {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warn", "error"};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                  spdlog::level::err};
  return kLevels[static_cast<size_t>(level)];
}

struct Output {
  Output() : logger("kpiwatch", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger.set_pattern("%v");
    logger.flush_on(spdlog::level::trace);
  }
  spdlog::logger logger;
  std::atomic<LogFormat> format = LogFormat::kLogfmt;
};

// Lives as long as the process, so that the last destructors may log. Standard error is one for the
// process as well.
Output& TheOutput() {
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
  static Output* const output = new Output;
  return *output;
}

bool NeedsQuotes(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || c == '=' || c == '"' || c == '\\') {
      return true;
    }
  }
  return text.empty();
}

template <typename E, size_t N>
std::optional<E> ParseName(std::string_view name, const std::array<std::string_view, N>& names) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) {
      return static_cast<E>(i);
    }
  }
  return std::nullopt;
}

}  // namespace

LogField::LogField(std::string_view name, double number)
    : key(name), value(fmt::format("{}", number)) {
  bare = value.find_first_of("ni") == std::string::npos;  // JSON has no nan and no inf
}

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  return ParseName<LogLevel>(name, kLevelNames);
}

std::optional<LogFormat> ParseLogFormat(std::string_view name) {
  return ParseName<LogFormat>(name, std::array<std::string_view, 2>{"logfmt", "json"});
}

void SetupLogging(LogLevel level, LogFormat format) {
  Output& output = TheOutput();
  output.logger.set_level(ToSpdlog(level));
  output.format = format;
}

bool IsLogged(LogLevel level) { return TheOutput().logger.should_log(ToSpdlog(level)); }

void Log(LogLevel level, std::string_view message, LogFields fields) {
  Output& output = TheOutput();
  if (IsLogged(level)) {
    const std::string line = FormatLogLine(output.format, absl::Now(), level, message, fields);
    output.logger.log(ToSpdlog(level), spdlog::string_view_t(line));
  }
}

std::string FormatLogLine(LogFormat format, absl::Time time, LogLevel level,
                          std::string_view message, LogFields fields) {
  const std::string ts = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone());
  const std::string_view level_name = kLevelNames[static_cast<size_t>(level)];
  std::string line;
  if (format == LogFormat::kJson) {
    line = fmt::format(R"({{"ts":"{}","level":"{}","msg":)", ts, level_name);
    AppendJsonString(message, &line);
    for (const LogField& field : fields) {
      line += ',';
      AppendJsonString(field.key, &line);
      line += ':';
      if (field.bare) {
        line += field.value;
      } else {
        AppendJsonString(field.value, &line);
      }
    }
    return line += '}';
  }
  line = fmt::format("ts={} level={} msg=", ts, level_name);
  AppendJsonString(message, &line);
  for (const LogField& field : fields) {
    fmt::format_to(std::back_inserter(line), " {}=", field.key);
    if (NeedsQuotes(field.value)) {
      AppendJsonString(field.value, &line);
    } else {
      line += field.value;
    }
  }
  return line;
}

std::optional<uint64_t> LogLimiter::Pass(std::string_view key) {
  const absl::Time now = clock_->Now();
  MutexLock lock(&mu_);
  auto it = turns_.find(key);
  if (it == turns_.end()) {
    it = turns_.try_emplace(turns_.size() < kMaxKeys ? std::string(key) : std::string()).first;
  }
  Turn& turn = it->second;
  // A turn further away than the interval was given before the clock stepped back.
  if (now < turn.next && turn.next - now <= interval_) {
    ++turn.held_back;
    return std::nullopt;
  }
  turn.next = now + interval_;
  return std::exchange(turn.held_back, 0);
}

}  // namespace kpiwatch
