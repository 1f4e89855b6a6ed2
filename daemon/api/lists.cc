// The endpoints that list things, in pages.
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "daemon/api/api.h"
#include "daemon/api/prometheus_json.h"
#include "daemon/api/replies.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

std::vector<std::string> AllOf(const HttpRequest& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : request.query) {
    if (key == name) {
      values.push_back(value);
    }
  }
  return values;
}

bool Among(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// One group of Prometheus per rule file.
struct Group {
  std::string name;
  std::string file;
  std::vector<const RuleView*> rules;
};

std::vector<Group> GroupByFile(const std::vector<RuleView>& rules, const HttpRequest& request) {
  const auto names = AllOf(request, "rule_name[]");
  const auto groups = AllOf(request, "rule_group[]");
  const auto files = AllOf(request, "file[]");
  std::map<std::string, Group> by_file;  // ordered, so that pages follow one another
  for (const RuleView& rule : rules) {
    const std::string group_name = std::filesystem::path(rule.file).stem().string();
    if (Among(names, rule.name) && Among(groups, group_name) && Among(files, rule.file)) {
      Group& group = by_file[rule.file];
      group.name = group_name;
      group.file = rule.file;
      group.rules.push_back(&rule);
    }
  }
  std::vector<Group> list;
  list.reserve(by_file.size());
  for (auto& [file, group] : by_file) {
    list.push_back(std::move(group));
  }
  return list;
}

// The items of `all` (ascending by key) behind the page token's, at most `limit`; *next is the
// token of the page behind them, empty at the end.
template <typename T, typename Key>
absl::StatusOr<std::vector<T>> Page(std::vector<T> all, Key key, std::string_view token,
                                    size_t limit, std::string* next) {
  if (!token.empty()) {
    const auto parts = ParsePageToken(token, 1);
    if (!parts.ok()) {
      return parts.status();
    }
    all.erase(all.begin(), std::find_if(all.begin(), all.end(),
                                        [&](const T& item) { return key(item) > parts->at(0); }));
  }
  if (all.size() > limit) {
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(limit), all.end());
    *next = MakePageToken({key(all.back())});
  }
  return all;
}

Json GroupJson(const Group& group, const AlertPage& alerts) {
  Json rules = Json::array();
  absl::Time last = absl::InfinitePast();
  absl::Duration took;
  for (const RuleView* rule : group.rules) {
    last = std::max(last, rule->last_evaluation);
    took = std::max(took, rule->evaluation_time);  // rules are looked at together
    for (const TierView& tier : rule->tiers) {
      rules.push_back(TierJson(*rule, tier, alerts));
    }
  }
  return {{"name", group.name},
          {"file", group.file},
          {"interval", 0},  // rules are evaluated when something happens, not by the clock
          {"limit", 0},
          {"evaluationTime", absl::ToDoubleSeconds(took)},
          {"lastEvaluation", JsonTime(last)},
          {"rules", std::move(rules)}};
}

}  // namespace

HttpReply Api::Rules(const HttpRequest& request) const {
  const std::string_view type = request.Query("type").value_or("alert");
  if (type != "alert" && type != "record") {
    return JsonError(400, fmt::format("type is alert or record, not '{}'", type));
  }
  const auto limit = QueryLimit(request, "group_limit", kMaxRuleGroups);
  if (!limit.ok()) {
    return JsonError(limit.status());
  }
  const std::vector<RuleView> rules = type == "alert" ? view_->Rules() : std::vector<RuleView>();
  std::string next;
  const auto groups = Page(
      GroupByFile(rules, request), [](const Group& g) { return g.file; },
      request.Query("group_next_token").value_or(""), *limit, &next);
  if (!groups.ok()) {
    return JsonError(groups.status());
  }

  AlertPage standing;
  // Rules have their state also where their alerts are left out, or do not fit.
  const bool listed = request.Query("exclude_alerts") != "true";
  AlertQuery query{.after = std::nullopt, .limit = listed ? kMaxAlerts : 0, .rules = {}};
  for (const Group& group : *groups) {
    for (const RuleView* rule : group.rules) {
      query.rules.push_back(rule->name);
    }
  }
  if (!query.rules.empty()) {
    standing = view_->Alerts(query);
  }
  Json list = Json::array();
  for (const Group& group : *groups) {
    list.push_back(GroupJson(group, standing));
  }
  Json data = {{"groups", std::move(list)}};
  if (!next.empty()) {
    data["groupNextToken"] = next;
  }
  std::vector<std::string> warnings;
  if (listed && standing.more) {
    warnings.push_back(
        fmt::format("only {} of {} alerts are listed with their rules; "
                    "/api/v1/alerts lists all, in pages",
                    standing.alerts.size(), standing.total));
  }
  return JsonReply(std::move(data), warnings);
}

HttpReply Api::Alerts(const HttpRequest& request) const {
  const auto limit = QueryLimit(request, "limit", kMaxAlerts);
  if (!limit.ok()) {
    return JsonError(limit.status());
  }
  AlertQuery query{.after = std::nullopt, .limit = *limit, .rules = AllOf(request, "rule_name[]")};
  if (const auto token = request.Query("next_token"); token.has_value() && !token->empty()) {
    auto parts = ParsePageToken(*token, 3);
    if (!parts.ok()) {
      return JsonError(parts.status());
    }
    query.after = AlertKey{parts->at(0), parts->at(1), parts->at(2)};
  }
  const AlertPage page = view_->Alerts(query);
  Json list = Json::array();
  for (const AlertView& alert : page.alerts) {
    list.push_back(AlertJson(alert));
  }
  Json data = {{"alerts", std::move(list)}};
  if (page.more && !page.alerts.empty()) {
    const AlertView& last = page.alerts.back();
    data["nextToken"] = MakePageToken({last.rule, last.subject, last.period});
  }
  return JsonReply(std::move(data));
}

HttpReply Api::Sources(const HttpRequest& request) const {
  const auto limit = QueryLimit(request, "limit", kMaxSources);
  if (!limit.ok()) {
    return JsonError(limit.status());
  }
  std::vector<SourceView> sources = view_->Sources();
  std::sort(sources.begin(), sources.end(),
            [](const SourceView& a, const SourceView& b) { return a.name < b.name; });
  std::string next;
  const auto page = Page(
      std::move(sources), [](const SourceView& s) { return s.name; },
      request.Query("next_token").value_or(""), *limit, &next);
  if (!page.ok()) {
    return JsonError(page.status());
  }
  Json list = Json::array();
  for (const SourceView& source : *page) {
    list.push_back(SourceJson(source));
  }
  Json data = {{"now", JsonTime(view_->Now())}, {"sources", std::move(list)}};
  if (!next.empty()) {
    data["nextToken"] = next;
  }
  return JsonReply(std::move(data));
}

HttpReply Api::DeadLetters(const HttpRequest& request) const {
  const auto limit = QueryLimit(request, "limit", kMaxDeadLetters);
  if (!limit.ok()) {
    return JsonError(limit.status());
  }
  uint64_t after = 0;
  if (const auto token = request.Query("next_token"); token.has_value() && !token->empty()) {
    const auto parts = ParsePageToken(*token, 1);
    if (!parts.ok()) {
      return JsonError(parts.status());
    }
    if (!absl::SimpleAtoi(parts->at(0), &after)) {
      return JsonError(400, "the page token is not one of ours");
    }
  }
  const auto page = view_->DeadLetters(after, *limit);
  if (!page.ok()) {
    return JsonError(page.status());
  }
  Json list = Json::array();
  for (const DeadLetterView& letter : page->letters) {
    list.push_back(DeadLetterJson(letter));
  }
  Json data = {{"deadLetters", std::move(list)}};
  if (page->more && !page->letters.empty()) {
    data["nextToken"] = MakePageToken({std::to_string(page->letters.back().number)});
  }
  return JsonReply(std::move(data));
}

}  // namespace kpiwatch
