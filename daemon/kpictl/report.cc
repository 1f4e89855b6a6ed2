#include "daemon/kpictl/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "daemon/kpictl/table.h"
#include "daemon/notify/facts.h"

namespace kpiwatch {
namespace {

using Json = nlohmann::ordered_json;

Level LevelOf(v1::Level level) { return static_cast<Level>(level); }

// A line; bytes that are no UTF-8 are replaced.
std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// 0.799589 → "79.9589 %".
std::string Percent(const Rational& ratio) {
  const Rational hundredfold{Decimal::FromUnits(ratio.num.units() * 100), ratio.den};
  return hundredfold.ToFixed(2) + " %";
}

// "n/a" and "insufficient" are words for people; programs read null and the reason.
std::string ValueText(const KpiReading& reading) {
  switch (reading.state) {
    case ValueState::kKnown:
      break;
    case ValueState::kNothing:
      return "n/a";
    case ValueState::kInsufficient:
      return "insufficient";
  }
  return (reading.error ? "≈" : "") + reading.value.ToString();
}

// "王一 (person:u102)", or the written name where nobody has another.
std::string SubjectText(const std::string& written, const LocalText& name) {
  const std::string& text = name.For("zh");
  const bool named = !text.empty() && !written.ends_with(":" + text);
  return named ? fmt::format("{} ({})", text, written) : written;
}

// So many working days.
std::string DaysText(int64_t work) {
  const Rational days{Decimal::FromInt(work), Decimal::FromInt(kFullCapacity)};
  return days.Rounded(2).value_or(Decimal()).ToString();
}

// Whether there is more to come, so that its pace says more than its completion.
bool IsUnderWay(const PeriodValue& value) {
  return value.pace && value.pace->worked < value.pace->all;
}

using PaceColumn = std::optional<Rational> Pace::*;

// With as many of six digits as say something.
std::string Shown(const Rational& number) {
  return number.Rounded(Decimal::kScaleDigits).value_or(Decimal()).ToString();
}

void AddPace(const Pace& pace, Json* json) {
  (*json)["worked_days"] = DaysText(pace.worked);
  (*json)["working_days"] = DaysText(pace.all);
  if (pace.too_early) {
    (*json)["too_early"] = true;
    return;
  }
  constexpr std::pair<std::string_view, PaceColumn> kColumns[] = {
      {"expected", &Pace::expected},
      {"pace_index", &Pace::index},
      {"gap", &Pace::gap},
      {"projection", &Pace::projection},
      {"projected_completion", &Pace::projected_completion},
      {"required_rate", &Pace::required_rate},
      {"effort", &Pace::effort},
      {"max_attainable", &Pace::max_attainable}};
  for (const auto& [name, column] : kColumns) {
    if (const std::optional<Rational>& number = pace.*column) {
      (*json)[std::string(name)] = Shown(*number);
    }
  }
}

std::vector<Table::Cell> PaceCells(const PeriodValue& value) {
  if (!IsUnderWay(value)) {
    return {{""}, {""}, {""}, {""}, {""}, {""}};
  }
  const Pace& pace = *value.pace;
  const auto text = [&](PaceColumn column, int digits) {
    return Table::Cell{(pace.*column) ? (pace.*column)->ToFixed(digits) : "n/a"};
  };
  const std::string days = fmt::format("{}/{}", DaysText(pace.worked), DaysText(pace.all));
  if (pace.too_early) {
    return {{days}, {"too early"}, {""}, {""}, {""}, {""}};
  }
  return {{days},
          text(&Pace::expected, 2),
          text(&Pace::index, 3),
          text(&Pace::gap, 2),
          text(&Pace::projection, 2),
          text(&Pace::required_rate, 2)};
}

std::string PeriodName(const PeriodValue& value, const Rulebook& rulebook) {
  const std::optional<KpiIndex> kpi = rulebook.FindKpi(value.kpi);
  return kpi ? rulebook.calendars[rulebook.kpis[*kpi].calendar].NameOf(value.period)
             : value.period.ToString();
}

std::string PersonText(const std::string& id, const Rulebook& rulebook) {
  const Person* person = rulebook.org.FindPersonAny(id);
  const std::string& name = person == nullptr ? id : person->name.For("zh");
  return name.empty() ? id : name;
}

LocalText NameOf(const std::string& written, const Rulebook& rulebook) {
  v1::Transition transition;
  transition.set_subject(written);
  return DescribeSubject(transition, rulebook).name;
}

}  // namespace

std::string ValueJson(const PeriodValue& value) {
  const KpiReading& reading = value.reading;
  Json json;
  json["kpi"] = value.kpi;
  json["subject"] = value.subject;
  json["from"] = value.period.begin.ToString();
  json["to"] = value.period.end.ToString();
  const bool known = reading.state == ValueState::kKnown;
  json["value"] = known ? Json(reading.value.ToString()) : Json();
  if (reading.num && reading.den) {
    json["num"] = reading.num->ToFixed(6);
    json["den"] = reading.den->ToFixed(6);
  }
  if (reading.error) {
    json["error"] = reading.error->ToString();
  }
  if (reading.state == ValueState::kInsufficient) {
    json["insufficient"] = true;
  }
  json["target"] = reading.target ? Json(reading.target->ToString()) : Json();
  json["completion"] = reading.completion ? Json(reading.completion->ToFixed(6)) : Json();
  json["level"] = value.level ? Json(std::string(LevelName(*value.level))) : Json();
  if (IsUnderWay(value)) {
    AddPace(*value.pace, &json);
  }
  return Line(json);
}

std::string TransitionJson(const v1::Transition& transition) {
  Json json;
  json["rule"] = transition.rule();
  json["subject"] = transition.subject();
  json["period"] = transition.period();
  json["from_level"] = std::string(LevelName(LevelOf(transition.from_level())));
  json["to_level"] = std::string(LevelName(LevelOf(transition.to_level())));
  json["at"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ",
                                absl::FromUnixMillis(transition.at_unix_ms()), absl::UTCTimeZone());
  json["reason"] = std::string(ReasonName(transition.reason()));
  if (transition.reason() == v1::REASON_RESTATED) {
    json["value"] = transition.value();
    json["completion"] = transition.completion();
    json["old_value"] = transition.old_value();
    json["old_completion"] = transition.old_completion();
    json["cause_event_id"] = transition.cause_event_id();
  }
  json["notified"] = Json::array();
  for (const std::string& person : transition.notified()) {
    json["notified"].push_back(person);
  }
  return Line(json);
}

void PrintValues(const std::vector<PeriodValue>& values, const Rulebook& rulebook,
                 OutputFormat format, bool colours, std::ostream& out) {
  if (format == OutputFormat::kNdjson) {
    for (const PeriodValue& value : values) {
      out << ValueJson(value) << '\n';
    }
    return;
  }
  const bool with_pace = std::any_of(values.begin(), values.end(), IsUnderWay);
  std::vector<Table::Column> columns = {{"KPI"},
                                        {"subject"},
                                        {"period"},
                                        {"value", Table::Align::kRight},
                                        {"target", Table::Align::kRight},
                                        {"completion", Table::Align::kRight},
                                        {"level"}};
  if (with_pace) {
    for (const char* title : {"days", "expected", "pace", "gap", "projection", "required"}) {
      columns.push_back({title, Table::Align::kRight});
    }
  }
  Table table(std::move(columns));
  for (const PeriodValue& value : values) {
    const KpiReading& reading = value.reading;
    const std::string completion = reading.completion ? Percent(*reading.completion) : "n/a";
    const Level colour = value.level.value_or(Level::kGreen);
    std::vector<Table::Cell> cells = {
        {value.kpi},
        {SubjectText(value.subject, NameOf(value.subject, rulebook))},
        {PeriodName(value, rulebook)},
        {ValueText(reading)},
        {reading.target ? reading.target->ToString() : "n/a"},
        {completion, colour},
        {value.level ? std::string(LevelName(*value.level)) : "n/a", colour}};
    if (with_pace) {
      std::vector<Table::Cell> pace = PaceCells(value);
      std::move(pace.begin(), pace.end(), std::back_inserter(cells));
    }
    table.Add(std::move(cells));
  }
  table.Print(out, colours);
}

void PrintTransitions(const std::vector<v1::Transition>& transitions, const Rulebook& rulebook,
                      OutputFormat format, bool colours, std::ostream& out) {
  if (format == OutputFormat::kNdjson) {
    for (const v1::Transition& transition : transitions) {
      out << TransitionJson(transition) << '\n';
    }
    return;
  }
  Table table({{"at"}, {"rule"}, {"subject"}, {"period"}, {"change"}, {"reason"}, {"told"}});
  const absl::TimeZone zone = rulebook.calendars[0].options().zone;
  for (const v1::Transition& transition : transitions) {
    const Level from = LevelOf(transition.from_level());
    const Level to = LevelOf(transition.to_level());
    std::string told;
    for (const std::string& person : transition.notified()) {
      told += (told.empty() ? "" : ", ") + PersonText(person, rulebook);
    }
    table.Add(
        {{absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixMillis(transition.at_unix_ms()), zone)},
         {transition.rule()},
         {SubjectText(transition.subject(), NameOf(transition.subject(), rulebook))},
         {transition.period()},
         {fmt::format("{} → {}", LevelName(from), LevelName(to)), to},
         {std::string(ReasonName(transition.reason()))},
         {told}});
  }
  table.Print(out, colours);
}

}  // namespace kpiwatch
