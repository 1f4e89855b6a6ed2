#include "daemon/model/rfc3339.h"

namespace kpiwatch {
namespace {

constexpr size_t kSecondsEnd = 19;  // "2026-06-15T09:12:03"
constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;

bool IsDigit(char c) { return '0' <= c && c <= '9'; }

// Two digits at `p`; negative when one is none.
int TwoDigits(const char* p) {
  return IsDigit(p[0]) && IsDigit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

constexpr bool IsLeap(uint32_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int DaysIn(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && IsLeap(static_cast<uint32_t>(year)) ? 1 : 0);
}

// Days since 1970-01-01 of a Gregorian date from year 1 on.
int64_t DaysFromCivil(int year, int month, int day) {
  constexpr int kDaysBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  constexpr int64_t kDaysBefore1970 = 719'162;
  const auto years = static_cast<uint32_t>(year) - 1;
  const uint32_t days = years * 365 + years / 4 - years / 100 + years / 400;
  const bool leap_day_past = month > 2 && IsLeap(static_cast<uint32_t>(year));
  return int64_t{days} + kDaysBefore[month - 1] + (leap_day_past ? 1 : 0) + day - 1 -
         kDaysBefore1970;
}

// The offset "Z" or "+08:00" at the end of a time, in milliseconds.
std::optional<int64_t> ParseOffset(std::string_view text) {
  if (text == "Z" || text == "z") {
    return 0;
  }
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
    return std::nullopt;
  }
  const int hours = TwoDigits(text.data() + 1);
  const int minutes = TwoDigits(text.data() + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  const int64_t offset = hours * kHourMs + minutes * kMinuteMs;
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<int64_t> ParseRfc3339(std::string_view text) {
  if (text.size() <= kSecondsEnd) {
    return std::nullopt;
  }
  const char* p = text.data();
  if (p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != 't') || p[13] != ':' ||
      p[16] != ':') {
    return std::nullopt;
  }
  const int century = TwoDigits(p);
  const int year = century * 100 + TwoDigits(p + 2);
  const int month = TwoDigits(p + 5);
  const int day = TwoDigits(p + 8);
  const int hour = TwoDigits(p + 11);
  const int minute = TwoDigits(p + 14);
  const int second = TwoDigits(p + 17);
  if (century < 0 || TwoDigits(p + 2) < 0 || year < 1 || month < 1 || month > 12 || day < 1 ||
      day > DaysIn(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60) {
    return std::nullopt;
  }
  size_t at = kSecondsEnd;
  int64_t fraction_ms = 0;
  if (p[at] == '.') {
    const size_t start = ++at;
    int64_t unit = 100;
    for (; at < text.size() && IsDigit(p[at]); ++at) {
      fraction_ms += unit * (p[at] - '0');
      unit /= 10;
    }
    if (at == start) {
      return std::nullopt;
    }
  }
  const std::optional<int64_t> offset = ParseOffset(text.substr(at));
  if (!offset) {
    return std::nullopt;
  }
  const int64_t unix_ms = DaysFromCivil(year, month, day) * kDayMs + hour * kHourMs +
                          minute * kMinuteMs + second * kSecondMs + fraction_ms - *offset;
  return IsEventTime(unix_ms) ? std::optional<int64_t>(unix_ms) : std::nullopt;
}

}  // namespace kpiwatch
