// Requests and replies as plain values, so that handlers need no server to be tested.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

namespace kpiwatch {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;
  std::string path;         // decoded, without the query
  HttpFields query;         // decoded, in order
  HttpFields headers;       // in order
  std::string remote_addr;  // numeric, without the port
  std::string body;

  // The first header of that name, whatever its case; nullopt: there is none.
  std::optional<std::string_view> Header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (absl::EqualsIgnoreCase({key.data(), key.size()}, {name.data(), name.size()})) {
        return value;
      }
    }
    return std::nullopt;
  }
  // The first parameter of that name; nullopt: there is none.
  std::optional<std::string_view> Query(std::string_view name) const {
    const auto it = std::find_if(query.begin(), query.end(),
                                 [&](const auto& field) { return field.first == name; });
    return it == query.end() ? std::nullopt : std::optional<std::string_view>(it->second);
  }
};

struct HttpReply {
  int status = 200;
  std::string content_type;
  std::string body;
  HttpFields headers;  // further ones
};

// What a server asks. Called from several threads at once.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // The head of a request is there, its body is not (and is not read if a reply comes back).
  // nullopt: go on, OnBody answers; only for paths whose bodies the server was told to read.
  virtual std::optional<HttpReply> OnHead(const HttpRequest& head) = 0;
  // The whole of a request that OnHead let through.
  virtual HttpReply OnBody(const HttpRequest& request) = 0;
  // The reply to a request that the server itself refused (malformed, too long, too large).
  virtual HttpReply OnRefused(int status) = 0;
};

}  // namespace kpiwatch
