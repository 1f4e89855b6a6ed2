#include "daemon/engine/told_log.h"

#include <utility>

#include "daemon/engine/transition_facts.h"

namespace kpiwatch {

void ToldLog::SetRulebook(const Rulebook* rulebook) {
  rulebook_ = rulebook;
  of_rule_.assign(rulebook->rules.size(), 0);
}

uint32_t ToldLog::NumberOf(const Rule& rule) {
  uint32_t& number = of_rule_[static_cast<size_t>(&rule - rulebook_->rules.data())];
  if (number == 0) {
    const ToldAs as{rulebook_->kpis[rule.kpi].name,
                    {rule.labels.begin(), rule.labels.end()},
                    rule.evaluate == EvaluateMode::kIntraday || rule.period == PeriodKind::kTarget};
    number = NumberOf({as});
  }
  return number;
}

uint32_t ToldLog::NumberOf(const std::vector<ToldAs>& all) {
  const std::string name = EncodeToldAs(all);
  const auto known = table_.Find(name);
  return (known ? *known : table_.Add(name, 0, names_)) + 1;
}

void ToldLog::Note(const Rule& rule, const Tier& tier, const v1::Transition& transition,
                   Told* told) {
  for (const std::string& person : transition.notified()) {
    told->AddPerson(person);
  }
  told->channels |= ChannelsOf(tier.via);
  const uint32_t as = NumberOf(rule);
  if (told->as != 0 && told->as != as) {
    std::vector<ToldAs> all = ListOf(told->as);
    for (const ToldAs& one : ListOf(as)) {
      std::erase(all, one);
      all.push_back(one);
    }
    told->as = NumberOf(all);
  } else {
    told->as = as;
  }
}

void ToldLog::FillWay(const Told& told, const Rule* rule, v1::Transition* transition) {
  for (const std::string& person : told.people) {
    transition->add_notified(person);
  }
  uint8_t channels = told.channels;
  const bool not_kept = channels != kEveryChannel && (channels & kChannelsNotKept) != 0;
  if (channels == 0 || not_kept) {
    const Tier* const tier =
        rule == nullptr ? nullptr : TierOf(*rule, static_cast<Level>(transition->from_level()));
    channels |= tier == nullptr ? kEveryChannel : ChannelsOf(tier->via);
  }
  for (std::string& channel : ViaOf(channels)) {
    transition->add_via(std::move(channel));
  }
  if (told.as == 0 || (rule != nullptr && told.as == NumberOf(*rule))) {
    return;
  }
  for (const ToldAs& as : ListOf(told.as)) {
    v1::ToldAs* const entry = transition->add_told_as();
    entry->set_kpi(as.kpi);
    entry->set_by_period(as.by_period);
    entry->mutable_labels()->insert(as.labels.begin(), as.labels.end());
  }
}

std::string ToldLog::KpiOf(const Told& told) const {
  return told.as == 0 ? std::string() : ListOf(told.as).back().kpi;
}

}  // namespace kpiwatch
