#include "daemon/kpictl/health.h"

#include <fmt/format.h>

#include <string_view>

#include "daemon/base/status_text.h"
#include "daemon/kpictl/http_client.h"
#include "daemon/notify/secret.h"

namespace kpiwatch {
namespace {

std::string WithPath(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t host = scheme == url.npos ? 0 : scheme + 3;
  const size_t path = url.find('/', host);
  const bool bare = path == url.npos || path + 1 == url.size();
  return bare ? url.substr(0, path) + "/-/healthy" : url;
}

}  // namespace

int Health(const HealthOptions& options, const Console& console) {
  const auto fail = [&console](std::string_view what) {
    console.err << fmt::format("kpictl health: {}\n", what);
    return kExitWrong;
  };
  HttpIdentity identity{.ca_file = options.ca_file,
                        .user_password = "",
                        .cert_file = options.cert_file,
                        .key_file = options.key_file};
  if (!options.basic_auth_file.empty()) {
    SecretRef file;
    file.file = options.basic_auth_file;
    const auto user = ReadSecret(file, "the user and password");
    if (!user.ok()) {
      return fail(MessageOf(user.status()));
    }
    if (user->find(':') == user->npos) {
      return fail(fmt::format("{} does not hold USER:PASSWORD", options.basic_auth_file));
    }
    identity.user_password = *user;
  }
  HttpClient client(absl::Seconds(5), std::move(identity));
  const std::string asked = WithPath(options.url);
  const auto answer = client.Get(asked);
  if (!answer.ok()) {
    return fail(MessageOf(answer.status()));
  }
  if (answer->status != 200) {
    return fail(fmt::format("{} answers {}: {}", asked, answer->status, answer->body));
  }
  console.out << answer->body << (answer->body.ends_with('\n') ? "" : "\n");
  return kExitGood;
}

}  // namespace kpiwatch
