// Values between rows, expressions and events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/lang/value.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// Numbers that six digits do not hold are rounded, half up; those of more than 18 integer digits
// are missing. A time becomes the number of its milliseconds since 1970.
FieldValue ToField(const lang::Value& value);

// Whether `field` says nothing: missing, null or empty text.
bool IsEmpty(const FieldValue& field);

// `field` as a text: numbers are written into *buffer, a boolean is "true" or "false", what says
// nothing is empty. The view lasts as long as the field and *buffer.
std::string_view TextOf(const FieldValue& field, std::string* buffer);

// Unix milliseconds: RFC 3339 or a whole number of milliseconds without a format, else as
// absl::ParseTime reads `format`, in `zone` where the text names no offset. An empty field is
// kNoTime. Errors: kInvalidArgument.
absl::Status ReadTime(const FieldValue& field, const std::string& format, absl::TimeZone zone,
                      int64_t* unix_ms);

// `field` as an amount of `currency`; an empty one stays empty. Errors: kInvalidArgument for what
// is no exact decimal (thousands separators are not read) and for money of another currency.
absl::Status ReadMoney(const FieldValue& field, std::string_view currency, FieldValue* money);

}  // namespace kpiwatch
