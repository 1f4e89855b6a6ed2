// The page for people at /.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/build_info.h"
#include "daemon/engine/read_view.h"

namespace kpiwatch {

struct StatusPage {
  BuildInfo build;
  bool ready = false;
  absl::Time now;      // the business now
  std::string prefix;  // of every link
  std::vector<SourceView> sources;
  AlertPage alerts;
};

// "zh" when Accept-Language prefers Chinese to English, else "en".
std::string_view PageLanguage(std::string_view accept_language);

// Complete HTML without anything from elsewhere.
std::string RenderStatusPage(const StatusPage& page, std::string_view language);

}  // namespace kpiwatch
