#include "daemon/kpictl/health.h"

#include <fmt/format.h>

#include "daemon/base/status_text.h"
#include "daemon/kpictl/http_client.h"

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

int Health(const std::string& url, const Console& console) {
  HttpClient client(absl::Seconds(5));
  const std::string asked = WithPath(url);
  const auto answer = client.Get(asked);
  if (!answer.ok()) {
    console.err << fmt::format("kpictl health: {}\n", MessageOf(answer.status()));
    return kExitWrong;
  }
  if (answer->status != 200) {
    console.err << fmt::format("kpictl health: {} answers {}: {}\n", asked, answer->status,
                               answer->body);
    return kExitWrong;
  }
  console.out << answer->body << (answer->body.ends_with('\n') ? "" : "\n");
  return kExitGood;
}

}  // namespace kpiwatch
