#include "daemon/ingest/log/http_events.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "daemon/base/json_text.h"
#include "daemon/base/status_macros.h"
#include "daemon/ingest/envelope.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/json_reader.h"
#include "daemon/ingest/utf8.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

namespace od = simdjson::ondemand;
using Events = std::vector<HttpEvent>;

constexpr std::string_view kAttributePrefix = "ce-";

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// "application/json; charset=UTF-8" -> "application/json" in lower case.
std::string MediaType(std::string_view content_type) {
  return absl::AsciiStrToLower(Absl(Trim(content_type.substr(0, content_type.find(';')))));
}

bool IsUtf8Charset(std::string_view content_type) {
  const std::string lower = absl::AsciiStrToLower(Absl(content_type));
  const size_t at = lower.find("charset=");
  return at == std::string::npos || absl::StrContains(lower.substr(at), "utf-8");
}

// The whole text is parsed, unlike in the decoders: what is stored must be sound throughout.
absl::Status CheckJson(std::string_view json, simdjson::dom::parser* parser) {
  const simdjson::error_code error = parser->parse(json.data(), json.size()).error();
  return error == simdjson::SUCCESS ? absl::OkStatus() : JsonError(error);
}

// Of two members with one name readers may take either: such an event has no one meaning.
absl::Status CheckMembers(const simdjson::dom::element& event) {
  simdjson::dom::object object;
  if (event.get(object) != simdjson::SUCCESS) {
    return absl::OkStatus();  // the decoder says what is wrong
  }
  std::vector<std::string_view> names;
  for (const auto& [name, value] : object) {
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? absl::OkStatus()
                              : absl::InvalidArgumentError(fmt::format(
                                    "attribute '{}' stands there twice", Excerpt(*twice)));
}

absl::Status CheckEvent(std::string_view json, simdjson::dom::parser* parser) {
  simdjson::dom::element event;
  if (const auto error = parser->parse(json.data(), json.size()).get(event)) {
    return JsonError(error);
  }
  return CheckMembers(event);
}

absl::Status TooMany(size_t count) {
  return count <= kMaxEventsPerRequest
             ? absl::OkStatus()
             : absl::ResourceExhaustedError(
                   fmt::format("more than {} events in one request", kMaxEventsPerRequest));
}

// The code for an integer that is too long has no name in older versions of the library.
bool IsNumberError(simdjson::error_code error) {
  simdjson::dom::parser parser;
  return error == simdjson::NUMBER_ERROR ||
         error == parser.parse(std::string_view("100000000000000000000")).error();
}

absl::StatusOr<Events> SplitBatch(std::string_view body, simdjson::dom::parser* parser) {
  simdjson::dom::element whole;
  const simdjson::error_code unsound = parser->parse(body.data(), body.size()).get(whole);
  // A number too long for the parser is a mistake of its event alone, which each is asked for then.
  const bool one_by_one = unsound != simdjson::SUCCESS && IsNumberError(unsound);
  if (unsound != simdjson::SUCCESS && !one_by_one) {
    return JsonError(unsound);
  }
  JsonDocument reader;
  od::document document;
  KPIWATCH_RETURN_IF_ERROR(reader.Open(body, &document));
  od::array array;
  if (document.get_array().get(array) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("a batch is a JSON array of events");
  }
  Events events;
  simdjson::dom::array::iterator checked;
  if (!one_by_one) {
    checked = simdjson::dom::array(whole).begin();
  }
  for (auto element : array) {
    KPIWATCH_RETURN_IF_ERROR(TooMany(events.size() + 1));
    od::object object;
    std::string_view json;
    if (element.get_object().get(object) != simdjson::SUCCESS) {
      events.push_back({.status = absl::InvalidArgumentError("an event is a JSON object")});
    } else if (const simdjson::error_code error = object.raw_json().get(json)) {
      events.push_back({.status = JsonError(error)});
    } else {
      events.push_back({.json = std::string(Trim(json)),
                        .status = one_by_one ? CheckEvent(json, parser) : CheckMembers(*checked)});
    }
    if (!one_by_one) {
      ++checked;
    }
  }
  return events;
}

absl::StatusOr<Events> SplitLines(std::string_view body, simdjson::dom::parser* parser) {
  Events events;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = Trim(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.empty()) {
      continue;
    }
    KPIWATCH_RETURN_IF_ERROR(TooMany(events.size() + 1));
    events.push_back({.json = std::string(line), .status = CheckEvent(line, parser)});
  }
  return events;
}

// Header values are percent-encoded where they are not printable ASCII (HTTP binding 3.1.3.2).
std::string PercentDecode(std::string_view text) {
  const auto hex = [](char c) {
    return '0' <= c && c <= '9'   ? c - '0'
           : 'a' <= c && c <= 'f' ? c - 'a' + 10
           : 'A' <= c && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      decoded.push_back(static_cast<char>(hex(text[i + 1]) << 4 | hex(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

// A binary event in structured form.
absl::StatusOr<std::string> StructuredOf(std::string_view content_type,
                                         std::span<const Header> headers, std::string_view body,
                                         simdjson::dom::parser* parser) {
  std::string json = "{";
  for (const Header& header : headers) {
    if (!absl::StartsWithIgnoreCase(Absl(header.name), Absl(kAttributePrefix))) {
      continue;
    }
    const std::string name =
        absl::AsciiStrToLower(Absl(header.name.substr(kAttributePrefix.size())));
    const std::string value = PercentDecode(header.value);
    if (name == "data" || name == "data_base64" || name == "datacontenttype") {
      return absl::InvalidArgumentError(fmt::format(
          "header 'ce-{}': the body is the data, and Content-Type says what it is", name));
    }
    if (!IsUtf8(value)) {
      return absl::InvalidArgumentError(
          fmt::format("header 'ce-{}' is not UTF-8 once it is decoded", Excerpt(name)));
    }
    json += json.size() > 1 ? "," : "";
    AppendJsonString(name, &json);
    json += ":";
    AppendJsonString(value, &json);
  }
  if (!content_type.empty()) {
    json += ",\"datacontenttype\":";
    AppendJsonString(content_type, &json);
  }
  if (!body.empty() && IsJsonContentType(content_type)) {
    KPIWATCH_RETURN_IF_ERROR(CheckJson(body, parser));
    json += fmt::format(",\"data\":{}", Trim(body));
  } else if (!body.empty()) {
    const std::string base64 = absl::Base64Escape(Absl(body));
    json += fmt::format(",\"data_base64\":\"{}\"", base64);
  }
  json += "}";
  KPIWATCH_RETURN_IF_ERROR(CheckEvent(json, parser));
  return json;
}

bool HasAttributes(std::span<const Header> headers) {
  return std::any_of(headers.begin(), headers.end(), [](const Header& header) {
    return absl::EqualsIgnoreCase(Absl(header.name), "ce-specversion");
  });
}

}  // namespace

absl::StatusOr<Events> SplitHttpEvents(std::string_view content_type,
                                       std::span<const Header> headers, std::string_view body) {
  simdjson::dom::parser parser;
  if (const simdjson::error_code error = parser.allocate(body.size() + 1, kMaxJsonDepth)) {
    return JsonError(error);
  }
  const std::string type = MediaType(content_type);
  const bool structured = absl::StartsWith(type, "application/cloudevents") ||
                          type == "application/x-ndjson" || type == "application/ndjson";
  if (!structured) {
    if (!HasAttributes(headers)) {
      return absl::UnimplementedError(fmt::format(
          "content type '{}' without ce- headers: expected application/cloudevents+json, "
          "application/cloudevents-batch+json, application/x-ndjson, or an event in binary mode",
          type));
    }
    Events events(1);
    absl::StatusOr<std::string> json = StructuredOf(content_type, headers, body, &parser);
    events[0].status = json.status();
    events[0].json = json.ok() ? *std::move(json) : "";
    return events;
  }
  if (!IsUtf8Charset(content_type)) {
    return absl::UnimplementedError("only the charset UTF-8 is read");
  }
  if (type == "application/cloudevents-batch+json") {
    return SplitBatch(body, &parser);
  }
  if (type == "application/cloudevents+json") {
    return Events{{.json = std::string(Trim(body)), .status = CheckEvent(body, &parser)}};
  }
  if (absl::EndsWith(type, "ndjson")) {
    return SplitLines(body, &parser);
  }
  return absl::UnimplementedError(
      fmt::format("content type '{}': CloudEvents are read in JSON only", type));
}

}  // namespace kpiwatch
