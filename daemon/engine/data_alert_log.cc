#include "daemon/engine/data_alert_log.h"

#include <string_view>

#include "daemon/base/log.h"

namespace kpiwatch {

void NoteDataAlert(const v1::Transition& transition, EngineMetrics* metrics) {
  const LogField subject("subject", transition.subject());
  switch (transition.reason()) {
    case v1::REASON_DATA_LATE:
      // The subject is "source:" and the source's name.
      metrics->source_late
          .With({std::string_view(transition.subject()).substr(std::string_view("source:").size())})
          .Add();
      Log(LogLevel::kWarn, "a source is late: its day is not sealed, and nobody misses anything",
          {subject, {"day", transition.period()}});
      break;
    case v1::REASON_DATA_COMPLETE:
      Log(LogLevel::kInfo, "a source is complete again", {subject, {"day", transition.period()}});
      break;
    case v1::REASON_UNKNOWN_OWNER:
      Log(LogLevel::kWarn, "facts of people whom the org does not know, or of nobody",
          {subject, {"who", transition.detail()}});
      break;
    default:
      break;
  }
}

}  // namespace kpiwatch
