// A message as an e-mail: the same content as plain text and as HTML.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/notify/channel.h"

namespace kpiwatch {

struct Letter {
  std::string from;  // envelope addresses
  std::string to;
  std::string content;  // headers and body, lines end with CRLF
};

// `from` is that of the rule files, "KPI <kpi@example.com>". The Message-ID is made from the
// idempotency key, so a letter that is sent again can be known for the same one. Errors:
// kInvalidArgument when the recipient's address is none, kFailedPrecondition when `from` is none.
absl::StatusOr<Letter> WriteLetter(const Message& message, std::string_view from, absl::Time now);

// The two bodies.
std::string LetterText(const Message& message);
std::string LetterHtml(const Message& message);

}  // namespace kpiwatch
