#include "tests/sim/checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_split.h"
#include "daemon/engine/ladder_record.h"
#include "daemon/store/keys.h"
#include "fmt/format.h"
#include "tests/sim/story.h"

namespace kpiwatch::sim {
namespace {

bool Same(const v1::Transition& t, const Move& move) {
  return t.period() == move.period.ToString() && static_cast<Level>(t.from_level()) == move.from &&
         static_cast<Level>(t.to_level()) == move.to &&
         t.at_unix_ms() == absl::ToUnixMillis(move.at);
}

class Checks {
 public:
  Checks(const World& world, const Oracle& oracle, Simulation& simulation,
         std::vector<std::string>* problems)
      : world_(world),
        oracle_(oracle),
        simulation_(simulation),
        problems_(*problems),
        story_(StoryOf(simulation.published())) {}

  void Values() {
    Core& core = simulation_.core();
    const Rulebook& book = core.rulebook();
    const BusinessCalendar& calendar = book.calendars[0];
    for (int k = 0; k < static_cast<int>(world_.kpis.size()); ++k) {
      const Kpi& kpi = world_.kpis[static_cast<size_t>(k)];
      const bool verdict = kpi.kind == Kpi::Kind::kVerdict;
      const KpiIndex index = *book.FindKpi(kpi.name);
      if (core.SealedThrough(index) != oracle_.SealedThrough(k)) {
        Add("{} is sealed through {}, expected {}", kpi.name,
            core.SealedThrough(index).value_or(Day{}).ToString(),
            oracle_.SealedThrough(k).value_or(Day{}).ToString());
      }
      for (const std::string& subject : oracle_.subjects()) {
        const auto id = core.subjects().FindByName(subject);
        for (const PeriodKind kind : {PeriodKind::kDay, PeriodKind::kWeek, PeriodKind::kMonth}) {
          if (verdict && (kind != PeriodKind::kDay || !subject.starts_with("person:"))) {
            continue;  // verdicts are of persons and days
          }
          for (Period p = calendar.PeriodOf(kind, world_.first - 1); p.begin <= world_.last + 1;
               p = calendar.PeriodOf(kind, p.end)) {
            Value(core, index, kpi.name, id, subject, p, oracle_.Read(k, subject, p));
          }
        }
      }
    }
  }

  void Ladders() {
    std::map<Oracle::Key, Ladder> stored;
    Core& core = simulation_.core();
    const absl::Status scanned = simulation_.store().Scan(
        Family::kLadder, "", "", [&](std::string_view key, std::string_view value) {
          const auto parts = ParseLadderKey(key);
          const auto id = parts ? ParseLadderKeyRest(parts->rest) : std::nullopt;
          const auto ladder = id ? DecodeLadder(value) : std::nullopt;
          if (ladder && !ladder->records.empty()) {
            stored[{RuleNamed(core.rule_ids().Get(*id).name),
                    core.subjects().Get(SubjectId(parts->subject)).Name()}] = *ladder;
          }
          return true;
        });
    if (!scanned.ok()) {
      Add("scanning the ladders: {}", scanned.ToString());
    }
    for (const auto& [key, expected] : oracle_.ladders()) {
      const std::string name = Name(key.first, key.second);
      const auto it = stored.find(key);
      if (it == stored.end() && expected.periods == 0) {
        continue;  // the rule watches the subject no longer
      }
      if (it == stored.end()) {
        Add("{}: no ladder, expected one of {} periods", name, expected.periods);
        continue;
      }
      const LadderState& state = it->second.state;
      if (state.latched != expected.latched || state.miss_streak != expected.miss_streak ||
          state.hit_streak != expected.hit_streak) {
        Add("{}: latches {:03b}, {} missed and {} met in a row; expected {:03b}, {} and {}", name,
            state.latched >> 1, state.miss_streak, state.hit_streak, expected.latched >> 1,
            expected.miss_streak, expected.hit_streak);
      }
    }
    for (const auto& [key, ladder] : stored) {
      const auto expected = oracle_.ladders().find(key);
      if (expected == oracle_.ladders().end() || expected->second.periods == 0) {
        Add("{}: a ladder of {} periods where none counts", Name(key.first, key.second),
            ladder.records.size());
      }
    }
  }

  void Transitions() {
    for (int r = 0; r < static_cast<int>(world_.rules.size()); ++r) {
      const Rule& rule = world_.rules[static_cast<size_t>(r)];
      std::set<std::string> subjects = oracle_.subjects();
      for (const auto& [key, transitions] : story_) {
        if (key.first == rule.name) {
          subjects.insert(key.second);
        }
      }
      for (const std::string& subject : subjects) {
        const auto it = story_.find({rule.name, subject});
        const auto& told = it == story_.end() ? std::vector<v1::Transition>() : it->second;
        if (rule.intraday) {
          Open(r, subject, told);
        } else {
          Closed(r, subject, told);
        }
      }
    }
  }

  // Whoever was told of an alert hears how it goes on and that it is over, and nobody else does;
  // targets that stand together share who was told.
  void Receivers() {
    for (const Rule& rule : world_.rules) {
      const bool shared = rule.period == PeriodKind::kTarget && !rule.intraday;
      for (const auto& [key, transitions] : story_) {
        if (key.first == rule.name) {
          ReceiversOf(key.first + " " + key.second, transitions, shared);
        }
      }
    }
  }

  void DataAlerts() {
    std::multiset<std::string> names;
    for (const auto& [key, transitions] : story_) {
      for (const v1::Transition& t : transitions) {
        if (t.reason() == v1::REASON_UNKNOWN_OWNER) {
          const std::vector<std::string> told = absl::StrSplit(t.detail(), ", ");
          names.insert(told.begin(), told.end());
        }
      }
    }
    std::multiset<std::string> expected;
    for (const auto& [name, surely] : oracle_.unknown_owners()) {
      if (surely || names.contains(name)) {
        expected.insert(name);
      }
    }
    if (names != expected) {
      Add("unknown owners told: {}; expected {}", fmt::join(names, " "), fmt::join(expected, " "));
    }
  }

  void DeadLetters() {
    using Place = std::tuple<std::string, int, int64_t>;
    std::multiset<Place> expected;
    for (const SimSource& source : world_.sources) {
      for (size_t p = 0; p < source.partitions.size(); ++p) {
        for (size_t o = 0; o < source.partitions[p].size(); ++o) {
          if (source.partitions[p][o].kind == SimRecord::Kind::kPoison) {
            expected.emplace(source.name, static_cast<int>(p), static_cast<int64_t>(o));
          }
        }
      }
    }
    std::multiset<Place> letters;
    for (const v1::OutboxEntry& entry : simulation_.published()) {
      if (entry.has_dead_letter()) {
        const v1::DeadLetter& letter = entry.dead_letter();
        letters.emplace(letter.source(), letter.partition(), letter.offset());
      }
    }
    if (letters != expected) {
      Add("{} dead letters, expected {}, each once", letters.size(), expected.size());
    }
  }

 private:
  template <typename... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    problems_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  int RuleNamed(const std::string& name) const {
    for (size_t r = 0; r < world_.rules.size(); ++r) {
      if (world_.rules[r].name == name) {
        return static_cast<int>(r);
      }
    }
    return -1;
  }
  std::string Name(int rule, const std::string& subject) const {
    return (rule < 0 ? "?" : world_.rules[static_cast<size_t>(rule)].name) + " " + subject;
  }

  void Value(Core& core, KpiIndex kpi, const std::string& name, std::optional<SubjectId> subject,
             const std::string& subject_name, const Period& period, const Reading& expected) {
    KpiReading reading;
    if (subject) {
      const auto value = core.ReadValue(kpi, *subject, period);
      if (!value.ok()) {
        Add("reading {}: {}", name, value.status().ToString());
        return;
      }
      reading = value->reading;
    } else if (!expected.known) {
      reading.state = ValueState::kNothing;  // whom nothing concerns
    }
    const bool same_completion =
        reading.completion.has_value() == expected.completion.has_value() &&
        (!reading.completion ||
         reading.completion->num.units() * expected.completion->second.units() ==
             expected.completion->first.units() * reading.completion->den.units());
    if (reading.value != expected.value || reading.count != expected.count ||
        reading.target != expected.target || reading.met != expected.met || !same_completion ||
        (reading.state == ValueState::kKnown) != expected.known) {
      Add("{} of {} in {}: {} of {} facts, expected {} of {}", name, subject_name,
          period.ToString(), reading.value.ToString(), reading.count, expected.value.ToString(),
          expected.count);
    }
  }

  // A change of level that was sent follows from the one sent before it; what was held back is no
  // link.
  bool IsChain(const std::vector<v1::Transition>& told, const std::string& name) {
    v1::Level level = v1::LEVEL_GREEN;
    for (const v1::Transition& t : told) {
      if (t.from_level() == t.to_level() ||
          (t.from_level() != level && t.not_sent_reason().empty())) {
        Add("{}: not a chain:{}", name, TextOf(told));
        return false;
      }
      level = t.not_sent_reason().empty() ? t.to_level() : level;
    }
    return true;
  }

  void Closed(int r, const std::string& subject, const std::vector<v1::Transition>& told) {
    const std::string name = Name(r, subject);
    const auto it = oracle_.ladders().find({r, subject});
    const std::vector<Move>& moves =
        it == oracle_.ladders().end() ? std::vector<Move>() : it->second.moves;
    if (!IsChain(told, name)) {
      return;
    }
    const Level end = told.empty() ? Level::kGreen : static_cast<Level>(told.back().to_level());
    const Level expected = moves.empty() ? Level::kGreen : moves.back().to;
    if (end != expected) {
      Add("{} ends {}, expected {}:{}\n  expected{}", name, LevelName(end), LevelName(expected),
          TextOf(told), TextOf(moves));
    }
    if (oracle_.IsCorrected(r, subject)) {
      return;  // where it passes depends on when the corrections were read (D-08)
    }
    if (!std::equal(told.begin(), told.end(), moves.begin(), moves.end(), Same)) {
      Add("{} was told{}\n  expected{}", name, TextOf(told), TextOf(moves));
    }
  }

  void Open(int r, const std::string& subject, const std::vector<v1::Transition>& told) {
    const Rule& rule = world_.rules[static_cast<size_t>(r)];
    const std::string name = Name(r, subject);
    std::map<std::string, std::vector<v1::Transition>> by_period;
    for (const v1::Transition& t : told) {
      by_period[t.period()].push_back(t);
    }
    std::map<std::string, OracleOpen> expected;
    for (const auto& [key, open] : oracle_.open()) {
      if (std::get<0>(key) == r && std::get<1>(key) == subject) {
        expected[std::get<2>(key).ToString()] = open;
      }
    }
    const bool exact =
        rule.growing && !oracle_.IsCorrected(r, subject) && !oracle_.IsRevised(r, subject);
    for (const auto& [period, transitions] : by_period) {
      if (!IsChain(transitions, name)) {
        return;
      }
      if (exact && !expected.contains(period)) {
        Add("{} was told, expected nothing in {}:{}", name, period, TextOf(transitions));
      }
    }
    for (const auto& [period, open] : expected) {
      if (exact && open.any_order) {
        OpenPeriod(name + " " + period, by_period[period], open);
      }
    }
  }

  void ReceiversOf(const std::string& name, const std::vector<v1::Transition>& transitions,
                   bool shared) {
    std::map<std::string, std::set<std::string>> told;  // by period, where each has its ladder
    for (const v1::Transition& t : transitions) {
      if (!t.not_sent_reason().empty()) {
        continue;
      }
      std::set<std::string>& receivers = told[t.period_named() ? t.period() : ""];
      if (t.to_level() > t.from_level()) {
        receivers.insert(t.to_level() == v1::LEVEL_RED ? kReceiverOfReds : kUsualReceiver);
      }
      const std::set<std::string> goes_to(t.receivers().begin(), t.receivers().end());
      if (shared
              ? !std::includes(goes_to.begin(), goes_to.end(), receivers.begin(), receivers.end())
              : goes_to != receivers) {
        Add("{}: {} goes to {}; told were {}", name, TextOf(t), fmt::join(goes_to, " "),
            fmt::join(receivers, " "));
      }
      if (t.to_level() == v1::LEVEL_GREEN) {
        receivers.clear();
      }
    }
  }

  // The ladder turns where it must, wherever batches were cut, and ends with the period (D-10).
  void OpenPeriod(const std::string& name, std::vector<v1::Transition> told,
                  const OracleOpen& open) {
    const std::string text = TextOf(told);
    if (open.sealed_at && !open.turns.empty() && open.turns.back() != Level::kGreen) {
      if (told.empty() || told.back().reason() != v1::REASON_PERIOD_CLOSED ||
          told.back().at_unix_ms() != absl::ToUnixMillis(*open.sealed_at)) {
        Add("{} does not end with its period at {}:{}", name,
            absl::FormatTime(*open.sealed_at, absl::UTCTimeZone()), text);
        return;
      }
      told.pop_back();
    }
    std::vector<Level> turns;
    for (const v1::Transition& t : told) {
      AddTurn(static_cast<Level>(t.from_level()), static_cast<Level>(t.to_level()), &turns);
      const bool was_so =
          t.to_level() == v1::LEVEL_GREEN || (open.reached >> t.to_level() & 1) != 0;
      if (!was_so || (t.cause_event_id().empty() && !open.silent)) {
        Add("{} was told what is not so, or without its cause:{}", name, text);
      }
    }
    if (turns != open.turns) {
      std::string expected;
      for (const Level level : open.turns) {
        expected += fmt::format(" {}", LevelName(level));
      }
      Add("{} does not turn at{}:{}", name, expected, text);
    }
  }

  const World& world_;
  const Oracle& oracle_;
  Simulation& simulation_;
  std::vector<std::string>& problems_;
  const Story story_;
};

}  // namespace

void CheckAgainstOracle(const World& world, const Oracle& oracle, Simulation& simulation,
                        std::vector<std::string>* problems) {
  Checks checks(world, oracle, simulation, problems);
  checks.Values();
  checks.Ladders();
  checks.Transitions();
  checks.Receivers();
  checks.DataAlerts();
  checks.DeadLetters();
}

}  // namespace kpiwatch::sim
