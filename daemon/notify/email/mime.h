// The forms in which text travels by mail (RFC 2045, 2047, 5322).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kpiwatch {

// `text` as it may stand in a header: as it is when it is short printable ASCII, else as encoded
// words of at most 75 characters, none of which cuts a character, folded with CRLF and a space.
// Control characters become spaces.
std::string HeaderText(std::string_view text);

// "=?utf-8?B?…?= <wangyi@example.com>"; the address alone when `name` is empty.
// REQUIRES: `address` came from MailAddress.
std::string Mailbox(std::string_view name, std::string_view address);

// The address of "kpi@example.com" or "KPI <kpi@example.com>". Errors: kInvalidArgument for what
// cannot be one (no @, spaces, control characters, brackets), so that nothing can add a header.
absl::StatusOr<std::string> MailAddress(std::string_view text);

// The part of "KPI <kpi@example.com>" before the address; may be empty.
std::string MailName(std::string_view text);

// "Tue, 29 Sep 2026 22:00:00 +0800".
std::string MailDate(absl::Time time, absl::TimeZone zone);

// Base64 in lines of 76 characters that end with CRLF.
std::string Base64Lines(std::string_view text);

}  // namespace kpiwatch
