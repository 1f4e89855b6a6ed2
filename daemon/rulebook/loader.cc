#include "daemon/rulebook/loader.h"

#include <algorithm>
#include <utility>

#include "daemon/model/heartbeat.h"
#include "daemon/rulebook/fingerprint.h"
#include "daemon/rulebook/load_state.h"

namespace kpiwatch {
namespace {

// Scenario tests and holiday files lie beside rule files and are none.
bool IsRuleDocument(const YamlNode& document) {
  for (const std::string_view key : {"tests", "rule_files", "known_through"}) {
    if (document.Get(key) != nullptr) {
      return false;
    }
  }
  return true;
}

void ReadFile(const SourceFile& file, LoadState* state) {
  YamlTree& tree = state->trees.emplace_back();
  YamlTree::Error error;
  if (!tree.Parse(file.text, state->out.AddFile(&file), &error)) {
    state->out.Error(error.place, error.message);
    return;
  }
  bool any = false;
  for (const YamlNode* document : tree.documents()) {
    if (IsRuleDocument(*document)) {
      CollectSections(*document, &state->sections, &state->out);
      any = true;
    }
  }
  if (any) {
    state->book.files.push_back(file.path);
  }
}

// The periods in which something looks at a KPI, and at the parts of one that has parts.
void FillPeriods(Rulebook* book) {
  const auto add = [&](KpiIndex kpi, PeriodKind kind) {
    book->kpis[kpi].periods.push_back(kind);
    for (const KpiIndex part : book->kpis[kpi].parts) {
      book->kpis[part].periods.push_back(kind);
    }
  };
  for (const Rule& rule : book->rules) {
    add(rule.kpi, rule.period);
  }
  for (const Target& target : book->targets) {
    // Targets lie side by side by KPI, and there may be many.
    std::vector<PeriodKind>& periods = book->kpis[target.kpi].periods;
    if (std::find(periods.begin(), periods.end(), target.period.kind) == periods.end()) {
      periods.push_back(target.period.kind);
    }
  }
  for (Kpi& kpi : book->kpis) {
    std::sort(kpi.periods.begin(), kpi.periods.end());
    kpi.periods.erase(std::unique(kpi.periods.begin(), kpi.periods.end()), kpi.periods.end());
  }
}

}  // namespace

LoadResult LoadRulebook(const std::vector<SourceFile>& files,
                        const std::vector<KnownSource>* sources) {
  LoadState state;
  state.sources = sources;
  state.book.owner_unit = state.book.fields.Add("data.owner_unit");
  state.book.heartbeat_source = state.book.fields.Add("data.source");
  state.book.heartbeat_scope = state.book.fields.Add("data.partition_scope");
  state.book.heartbeat_until = state.book.fields.Add(kHeartbeatUntil);
  for (const SourceFile& file : files) {
    ReadFile(file, &state);
  }
  LoadCurrency(&state);
  LoadCalendars(&state);
  LoadOrg(&state);
  LoadKpis(&state);
  LoadPlaybooks(&state);
  LoadReceivers(&state);
  LoadRoute(&state);
  LoadTargets(&state);
  LoadRules(&state);
  LoadResult result;
  if (!state.out.has_errors()) {
    FillPeriods(&state.book);
    FillFingerprints(&state.book);
    Lint(&state);
    result.rulebook = std::make_shared<const Rulebook>(std::move(state.book));
  }
  result.diagnostics = state.out.Take();
  return result;
}

}  // namespace kpiwatch
