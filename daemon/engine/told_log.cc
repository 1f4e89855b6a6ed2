#include "daemon/engine/told_log.h"

#include <algorithm>
#include <utility>

#include "daemon/engine/transition_facts.h"

namespace kpiwatch {
namespace {

void Add(const ToldAs& as, v1::Transition* transition) {
  v1::ToldAs* const entry = transition->add_told_as();
  entry->set_kpi(as.kpi);
  entry->set_by_period(as.by_period);
  entry->set_period_named(as.period_named);
  entry->mutable_labels()->insert(as.labels.begin(), as.labels.end());
  for (const std::string& receiver : as.receivers) {
    entry->add_receivers(receiver);
  }
}

}  // namespace

void ToldLog::SetRulebook(const Rulebook* rulebook) {
  rulebook_ = rulebook;
  router_.emplace(rulebook);
}

ToldAs ToldLog::AlertOf(const Rule& rule) const {
  const bool by_period =
      rule.evaluate != EvaluateMode::kOnClose || rule.period == PeriodKind::kTarget;
  return {.kpi = rulebook_->kpis[rule.kpi].name,
          .labels = {rule.labels.begin(), rule.labels.end()},
          .by_period = by_period,
          .period_named = by_period,
          .receivers = {}};
}

uint32_t ToldLog::NumberOf(const std::vector<ToldAs>& all) {
  const std::string name = EncodeToldAs(all);
  const auto known = table_.Find(name);
  return (known ? *known : table_.Add(name, 0, names_)) + 1;
}

std::vector<std::string> ToldLog::NamesOf(const std::vector<size_t>& receivers) const {
  std::vector<std::string> names;
  names.reserve(receivers.size());
  for (const size_t receiver : receivers) {
    names.push_back(rulebook_->receivers[receiver].name);
  }
  return names;
}

std::vector<ToldAs> ToldLog::WaysOf(const Told& told, const Rule* rule,
                                    const v1::Transition& transition) const {
  std::vector<ToldAs> all;
  if (told.as != 0) {
    all = ListOf(told.as);
  } else if (rule != nullptr && transition.from_level() > v1::LEVEL_GREEN) {
    ToldAs& one = all.emplace_back(AlertOf(*rule));
    one.period_named = one.period_named && !AreChannelsNotKept(told.channels);
  }
  const bool is_left = transition.from_level() > v1::LEVEL_GREEN && !rulebook_->receivers.empty();
  for (ToldAs& one : all) {
    if (is_left && one.receivers.empty()) {
      v1::Transition end = transition;
      end.set_to_level(v1::LEVEL_GREEN);
      Add(one, &end);
      one.receivers = NamesOf(router_->ReceiversOf(end));
    }
  }
  return all;
}

void ToldLog::Fire(const Rule& rule, const Tier& tier, v1::Transition* transition, Told* told) {
  std::vector<ToldAs> all = WaysOf(*told, &rule, *transition);
  for (const std::string& person : transition->notified()) {
    told->AddPerson(person);
  }
  told->channels |= ChannelsOf(tier.via);
  ToldAs now = AlertOf(rule);
  now.receivers = NamesOf(router_->ReceiversOf(*transition));
  const auto before =
      std::find_if(all.begin(), all.end(), [&](const ToldAs& one) { return one.IsAlertOf(now); });
  if (before != all.end()) {
    now.AddReceivers(before->receivers);
    all.erase(before);
  }
  transition->set_period_named(now.period_named);
  for (const std::string& receiver : now.receivers) {
    transition->add_receivers(receiver);
  }
  all.push_back(std::move(now));
  told->as = NumberOf(all);
}

void ToldLog::FillWay(const Told& told, const Rule* rule, v1::Transition* transition) {
  for (const std::string& person : told.people) {
    transition->add_notified(person);
  }
  uint8_t channels = told.channels;
  if (channels == 0 || AreChannelsNotKept(channels)) {
    const Tier* const tier =
        rule == nullptr ? nullptr : TierOf(*rule, static_cast<Level>(transition->from_level()));
    channels |= tier == nullptr ? kEveryChannel : ChannelsOf(tier->via);
  }
  for (std::string& channel : ViaOf(channels)) {
    transition->add_via(std::move(channel));
  }
  const std::vector<ToldAs> all = WaysOf(told, rule, *transition);
  ToldAs together;
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    together.AddReceivers(one->receivers);
  }
  if (rule != nullptr && all.size() == 1 && all.front().IsAlertOf(AlertOf(*rule))) {
    transition->set_period_named(all.front().period_named);
  } else {
    for (const ToldAs& one : all) {
      Add(one, transition);
    }
  }
  for (const std::string& receiver : together.receivers) {
    transition->add_receivers(receiver);
  }
}

std::string ToldLog::KpiOf(const Told& told) const {
  return told.as == 0 ? std::string() : ListOf(told.as).back().kpi;
}

}  // namespace kpiwatch
