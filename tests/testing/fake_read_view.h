// An engine that shows what a test puts into it.
#pragma once

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "daemon/engine/read_view.h"

namespace kpiwatch {

// The fields are set before others read.
class FakeReadView final : public EngineReadView {
 public:
  std::atomic<bool> is_ready = true;
  absl::Time now = absl::FromUnixSeconds(1790553600);  // 2026-09-28T00:00:00Z
  std::vector<RuleView> rules;
  std::vector<AlertView> alerts;  // in any order
  std::vector<SourceView> sources;
  std::vector<KpiSample> samples;
  std::vector<DeadLetterView> letters;  // by number
  absl::Status letters_status;

  bool ready() const override { return is_ready; }
  absl::Time Now() const override { return now; }
  std::vector<RuleView> Rules() const override { return rules; }
  std::vector<SourceView> Sources() const override { return sources; }

  AlertPage Alerts(const AlertQuery& query) const override {
    std::vector<AlertView> found;
    for (const AlertView& alert : alerts) {
      if (query.rules.empty() ||
          std::find(query.rules.begin(), query.rules.end(), alert.rule) != query.rules.end()) {
        found.push_back(alert);
      }
    }
    std::sort(found.begin(), found.end(),
              [](const AlertView& a, const AlertView& b) { return KeyOf(a) < KeyOf(b); });
    AlertPage page;
    page.total = found.size();
    for (const AlertView& alert : found) {
      AlertState& state = page.states[{alert.rule, alert.level}];
      state = std::max(state, alert.state);
    }
    for (AlertView& alert : found) {
      if (query.after.has_value() && KeyOf(alert) <= *query.after) {
        continue;
      }
      if (page.alerts.size() == query.limit) {
        page.more = true;
        break;
      }
      page.alerts.push_back(std::move(alert));
    }
    return page;
  }

  KpiSamples Samples(size_t limit) const override {
    const size_t shown = std::min(limit, samples.size());
    return {.samples = {samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(shown)},
            .dropped = samples.size() - shown};
  }

  absl::StatusOr<DeadLetterPage> DeadLetters(uint64_t after, size_t limit) const override {
    if (!letters_status.ok()) {
      return letters_status;
    }
    DeadLetterPage page;
    for (const DeadLetterView& letter : letters) {
      if (letter.number <= after) {
        continue;
      }
      if (page.letters.size() == limit) {
        page.more = true;
        break;
      }
      page.letters.push_back(letter);
    }
    return page;
  }

 private:
  static AlertKey KeyOf(const AlertView& alert) {
    return {alert.rule, alert.subject, alert.period};
  }
};

}  // namespace kpiwatch
