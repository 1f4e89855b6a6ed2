#include "daemon/kpictl/scenario_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/base/status_text.h"
#include "daemon/kpictl/event_json.h"
#include "daemon/kpictl/scenario_checks.h"
#include "daemon/kpictl/scenario_time.h"
#include "daemon/kpictl/yaml_json.h"
#include "daemon/notify/facts.h"
#include "daemon/rulebook/file_glob.h"
#include "daemon/rulebook/map_reader.h"
#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kDefaultSource = "test";
constexpr std::string_view kStartKey = "key 'calendar_start'";
constexpr int kMaxTimes = 100'000;

class Reader {
 public:
  Reader(const SourceFile& source, Diagnostics* out) : source_(source), out_(out) {}

  void Read(const YamlNode& root, ScenarioFile* file);
  std::vector<Diagnostic> TakeRuleDiagnostics() { return std::move(rule_diagnostics_); }

 private:
  std::shared_ptr<const Rulebook> LoadRules(const YamlNode& node);
  std::optional<absl::Time> Moment(const YamlNode& node, std::string_view what);
  std::vector<absl::Time> Moments(const YamlNode& node, std::string_view what);
  void ReadTest(const YamlNode& node, Scenario* test);
  void ReadEvent(const YamlNode& node, Scenario* test);
  void ReadCompletions(const YamlNode& node, Scenario* test);
  void ReadReload(const YamlNode& node, Scenario* test);
  void ReadExpectation(const YamlNode& node, Scenario* test);
  // False: the expectation names no consequence.
  bool ReadConsequences(MapReader* map, Expectation* expectation);
  void CollectSources(Scenario* test) const;

  const SourceFile& source_;
  Diagnostics* out_;
  std::vector<Diagnostic> rule_diagnostics_;
  std::shared_ptr<const Rulebook> rulebook_;
  absl::TimeZone zone_;
  std::optional<absl::Time> file_start_;
  // Of the test that is read.
  absl::Time start_;
  RulesOfTest rules_;
  std::vector<ExpectationNodes> named_;  // by expectation
  size_t next_id_ = 1;
};

std::shared_ptr<const Rulebook> Reader::LoadRules(const YamlNode& node) {
  const std::vector<std::string> patterns = ReadTexts(node, "key 'rule_files'", out_);
  if (patterns.empty()) {
    return nullptr;
  }
  const RuleFiles found = FindRuleFiles(patterns, FolderOf(source_.path));
  for (const std::string& mistake : found.mistakes) {
    out_->Error(node, mistake);
  }
  if (found.files.empty()) {
    return nullptr;
  }
  LoadResult loaded = LoadRulebook(found.files);
  std::move(loaded.diagnostics.begin(), loaded.diagnostics.end(),
            std::back_inserter(rule_diagnostics_));
  return loaded.rulebook;
}

std::optional<absl::Time> Reader::Moment(const YamlNode& node, std::string_view what) {
  const std::optional<std::string> text = ReadText(node, what, out_);
  if (!text) {
    return std::nullopt;
  }
  const std::optional<absl::Time> time = ParseMoment(*text, zone_);
  if (!time) {
    out_->Error(node, fmt::format("{} is '{}'; expected a time such as 2026-09-28T09:00 or "
                                  "2026-09-28T09:00+08:00",
                                  what, *text));
  }
  return time;
}

std::vector<absl::Time> Reader::Moments(const YamlNode& node, std::string_view what) {
  std::vector<absl::Time> times;
  if (node.is_list()) {
    for (const YamlNode* item : node.children) {
      if (const auto time = Moment(*item, what)) {
        times.push_back(*time);
      }
    }
  } else if (const auto time = Moment(node, what)) {
    times.push_back(*time);
  }
  return times;
}

void Reader::ReadEvent(const YamlNode& node, Scenario* test) {
  MapReader map(node, "an event", out_);
  if (!map.is_map()) {
    return;
  }
  std::vector<absl::Time> times;
  if (const YamlNode* at = map.Require("at")) {
    times = Moments(*at, "key 'at'");
  }
  std::optional<absl::Time> received;
  if (const YamlNode* late = map.Find("received")) {
    received = Moment(*late, "key 'received'");
  }
  const int repeat = map.Int("times", 0, kMaxTimes).value_or(1);
  const std::string type = map.RequireText("type").value_or("");
  const std::string source = map.Text("source").value_or(std::string(kDefaultSource));
  const std::optional<std::string> id = map.Text("id");
  const std::string subject = map.Text("subject").value_or("");
  std::string data = "{}";
  const YamlNode* const fields = map.Find("data");
  if (fields != nullptr) {
    if (fields->is_map()) {
      data.clear();
      AppendJson(*fields, &data);
    } else {
      out_->Error(*fields, fmt::format("key 'data' is {}; expected a mapping", fields->Describe()));
    }
  }
  if (!type.empty()) {
    CheckEvent(rules_, node, *map.Find("type"), fields, subject, out_);
  }
  map.Finish();
  Event event;
  event.type = type;
  event.source = source;
  event.subject = subject;
  for (const absl::Time time : times) {
    for (int i = 0; i < repeat; ++i) {
      const std::string own_id = id.value_or(fmt::format("{}", next_id_++));
      event.id = own_id;
      event.time_ms = absl::ToUnixMillis(time);
      test->deliveries.push_back(
          {received.value_or(time), source, CloudEventJson(event, data), node.place.line});
    }
  }
}

void Reader::ReadCompletions(const YamlNode& node, Scenario* test) {
  if (!node.is_list()) {
    if (const auto until = Moment(node, "key 'complete_until'")) {
      test->completions.push_back({start_, *until, {}});
    }
    return;
  }
  for (const YamlNode* item : node.children) {
    MapReader map(*item, "a step of complete_until", out_);
    if (!map.is_map()) {
      continue;
    }
    CompletionStep step{start_, start_, map.Text("source").value_or("")};
    if (const YamlNode* at = map.Find("at")) {
      step.at = Moment(*at, "key 'at'").value_or(start_);
    }
    if (const YamlNode* until = map.Require("until")) {
      step.until = Moment(*until, "key 'until'").value_or(start_);
    }
    map.Finish();
    test->completions.push_back(std::move(step));
  }
}

void Reader::ReadReload(const YamlNode& node, Scenario* test) {
  MapReader map(node, "a reload", out_);
  if (!map.is_map()) {
    return;
  }
  ReloadStep step{start_, nullptr};
  if (const YamlNode* at = map.Require("at")) {
    step.at = Moment(*at, "key 'at'").value_or(start_);
  }
  if (const YamlNode* files = map.Require("rule_files")) {
    step.rulebook = LoadRules(*files);
  }
  map.Finish();
  if (step.rulebook) {
    test->reloads.push_back(std::move(step));
  }
}

bool Reader::ReadConsequences(MapReader* map, Expectation* expectation) {
  const YamlNode* const level = map->Find("level");
  const YamlNode* const notified = map->Find("notified");
  const YamlNode* const reason = map->Find("reason");
  const YamlNode* const due = map->Find("due");
  if (level != nullptr) {
    expectation->level = ParseLevel(level->text);
    if (!expectation->level) {
      out_->Error(*level, fmt::format("key 'level' is {}; expected green, yellow, orange or red",
                                      level->Describe()));
    }
  }
  if (notified != nullptr) {
    expectation->notified = ReadTexts(*notified, "key 'notified'", out_);
    std::sort(expectation->notified->begin(), expectation->notified->end());
  }
  if (reason != nullptr) {
    std::vector<std::string_view> known;
    for (int i = v1::Reason_MIN + 1; i <= v1::Reason_MAX; ++i) {
      known.push_back(ReasonName(static_cast<v1::Reason>(i)));
    }
    expectation->reason = std::string(reason->text);
    if (std::find(known.begin(), known.end(), reason->text) == known.end()) {
      out_->Error(*reason, fmt::format("unknown reason '{}'{}", reason->text,
                                       DidYouMean(NearestName(reason->text, known))));
    }
  }
  expectation->due = due == nullptr ? std::nullopt : Moment(*due, "key 'due'");
  return level != nullptr || notified != nullptr || reason != nullptr || due != nullptr;
}

void Reader::ReadExpectation(const YamlNode& node, Scenario* test) {
  MapReader map(node, "an expectation", out_);
  if (!map.is_map()) {
    return;
  }
  Expectation expectation;
  expectation.line = node.place.line;
  const YamlNode* at = map.Find("at");
  const YamlNode* between = map.Find("between");
  if ((at == nullptr) == (between == nullptr)) {
    out_->Error(node, "an expectation needs either 'at' or 'between'");
  } else if (at != nullptr) {
    expectation.from = Moment(*at, "key 'at'").value_or(start_);
  } else {
    const std::vector<absl::Time> range = Moments(*between, "key 'between'");
    if (range.size() == 2 && range[0] < range[1]) {
      expectation.from = range[0];
      expectation.to = range[1];
    } else {
      out_->Error(*between, "key 'between' needs two times, [from, to): to is not included");
    }
  }
  if (const YamlNode* alert = map.Find("alert")) {
    expectation.rule = std::string(alert->text);
    CheckAlert(rules_, *alert, out_);
  }
  expectation.subject = map.Text("subject").value_or("");
  expectation.period = map.Text("period").value_or("");
  expectation.no_alerts = map.Bool("no_alerts").value_or(false);
  const bool wants = ReadConsequences(&map, &expectation);
  map.Finish();
  if (expectation.no_alerts == wants) {
    out_->Error(node, expectation.no_alerts
                          ? "'no_alerts' does not go with level, notified, reason or due"
                          : "it needs 'level', 'notified', 'reason', 'due' or 'no_alerts: true'");
  } else if (!expectation.no_alerts && expectation.rule.empty()) {
    out_->Error(node, "an expectation needs 'alert', the name of a rule");
  }
  test->expectations.push_back(std::move(expectation));
  named_.push_back({at != nullptr ? at : between, map.Find("subject")});
}

void Reader::CollectSources(Scenario* test) const {
  std::set<std::string> names;
  for (const Delivery& delivery : test->deliveries) {
    names.insert(delivery.source);
  }
  for (const CompletionStep& step : test->completions) {
    names.insert(step.source);
  }
  for (const Rulebook* book : rules_) {
    for (const Kpi& kpi : book->kpis) {
      names.insert(kpi.sources.begin(), kpi.sources.end());
    }
  }
  names.erase("");
  if (names.empty()) {
    names.emplace(kDefaultSource);
  }
  test->sources.assign(names.begin(), names.end());
}

void Reader::ReadTest(const YamlNode& node, Scenario* test) {
  MapReader map(node, "a test", out_);
  if (!map.is_map()) {
    return;
  }
  test->name = map.RequireText("name").value_or("");
  test->line = node.place.line;
  if (const YamlNode* start = map.Find("calendar_start")) {
    start_ = Moment(*start, kStartKey).value_or(absl::UnixEpoch());
  } else if (file_start_) {
    start_ = *file_start_;
  } else {
    out_->Error(node, "a test needs 'calendar_start', its own or its file's");
  }
  test->start = start_;
  if (const YamlNode* reload = map.Find("reload")) {
    const std::vector<const YamlNode*> one = {reload};
    for (const YamlNode* item : reload->is_list() ? reload->children : one) {
      ReadReload(*item, test);
    }
  }
  rules_ = {rulebook_.get()};
  for (const ReloadStep& reload : test->reloads) {
    rules_.push_back(reload.rulebook.get());
  }
  named_.clear();
  for (const YamlNode* event : map.List("events")) {
    ReadEvent(*event, test);
  }
  if (const YamlNode* complete = map.Find("complete_until")) {
    ReadCompletions(*complete, test);
  } else {
    test->completions.push_back({start_, absl::InfiniteFuture(), {}});
  }
  for (const YamlNode* expectation : map.List("expect")) {
    ReadExpectation(*expectation, test);
  }
  map.Finish();
  if (test->expectations.empty()) {
    out_->Error(node, "a test needs 'expect' with at least one expectation");
  }
  CollectSources(test);
  CheckExpectations(rules_, *test, named_, out_);
}

void Reader::Read(const YamlNode& root, ScenarioFile* file) {
  MapReader map(root, "a test file", out_);
  if (!map.is_map()) {
    return;
  }
  if (const YamlNode* files = map.Require("rule_files")) {
    rulebook_ = LoadRules(*files);
  }
  const YamlNode* start = map.Find("calendar_start");
  const std::vector<const YamlNode*>& tests = map.List("tests");
  map.Finish();
  if (rulebook_ == nullptr) {
    return;  // times and names mean nothing without the rules
  }
  if (rulebook_->calendars.empty()) {
    out_->Error(root, "the rule files have no calendar");
    return;
  }
  zone_ = rulebook_->calendars[0].options().zone;
  if (start != nullptr) {
    file_start_ = Moment(*start, kStartKey);
  }
  if (tests.empty()) {
    out_->Error(root, "a test file needs 'tests' with at least one test");
  }
  for (const YamlNode* test : tests) {
    ReadTest(*test, &file->tests.emplace_back());
  }
  file->path = source_.path;
  file->rulebook = rulebook_;
  file->zone = zone_;
}

}  // namespace

ScenarioFileResult LoadScenarioFile(const SourceFile& source) {
  ScenarioFileResult result;
  Diagnostics out;
  const uint32_t index = out.AddFile(&source);
  YamlTree tree;
  YamlTree::Error error;
  ScenarioFile file;
  Reader reader(source, &out);
  if (!tree.Parse(source.text, index, &error)) {
    out.Error(error.place, error.message);
  } else if (tree.documents().size() != 1) {
    out.Error(Place{index, 1, 1}, "a test file holds one YAML document");
  } else {
    reader.Read(*tree.documents()[0], &file);
  }
  std::vector<Diagnostic> of_rules = reader.TakeRuleDiagnostics();
  const bool rules_wrong =
      std::any_of(of_rules.begin(), of_rules.end(), [](const Diagnostic& d) { return !d.warning; });
  if (!out.has_errors() && !rules_wrong) {
    result.file = std::move(file);
  }
  result.diagnostics = std::move(of_rules);
  std::vector<Diagnostic> own = out.Take();
  std::move(own.begin(), own.end(), std::back_inserter(result.diagnostics));
  return result;
}

}  // namespace kpiwatch
