// A daemon with something of everything to show.
#pragma once

#include <string>

#include "daemon/metrics/metrics_page.h"
#include "tests/testing/fake_read_view.h"

namespace kpiwatch {

inline AlertView SampleAlert(std::string rule, std::string subject, Level level) {
  AlertView alert;
  alert.rule = std::move(rule);
  alert.subject = std::move(subject);
  alert.kpi = "key_actions";
  alert.period = "2026-09-28";
  alert.level = level;
  return alert;
}

struct SampleDaemon {
  SampleDaemon() {
    engine.ingest_records.With({"crm.events", "accepted"}).Add(7);
    engine.ingest_records.With({"crm.events", "duplicate"}).Add(2);
    engine.dead_letters.With({"decode"}).Add();
    engine.rule_evaluations.With({"actions-slipping"}).Add(3);
    engine.rule_evaluation_failures.With({"actions-slipping"});
    engine.commit_seconds.Observe(0.004);
    engine.event_to_alert_seconds.Observe(0.03);
    engine.source_late.With({"local"}).Add();
    engine.outbox_length.Set(4);
    engine.last_reload_successful.Set(1);
    notify.sent.With({"email"}).Add(5);
    notify.failed.With({"webhook", "kUnavailable"}).Add();
    notify.publish_outages.With({"kafka"}).Add();
    notify.suppressed.With({"before_live"}).Add(9);

    SourceView crm;
    crm.name = "crm";
    crm.kind = "kafka";
    crm.partitions = {{"crm.events", 0, 90, 100, false, ""},
                      {"crm.events", 1, 50, -1, true, "offset out of range"}};
    crm.complete_until = absl::FromUnixSeconds(1790553600);
    SourceView local;
    local.name = "local";
    local.kind = "log";
    local.partitions = {{"", 0, 5, 5, false, ""}};
    local.late_since = absl::FromUnixSeconds(1790560000);
    local.late_day = "2026-09-27";
    local.error = "no space";
    view.sources = {crm, local};

    KpiSample unit{.kpi = "revenue",
                   .unit = "east",
                   .person = "",
                   .period = "week",
                   .level_of_org = "unit",
                   .value = 1200.5,
                   .target = 2000,
                   .completion_ratio = 0.60025,
                   .pace_ratio = std::nullopt,
                   .level = Level::kOrange};
    KpiSample person = unit;
    person.person = "u102";
    person.level_of_org = "person";
    person.target = std::nullopt;
    person.completion_ratio = std::nullopt;
    person.level = std::nullopt;
    view.samples = {unit, person};

    AlertView alert = SampleAlert("actions-slipping", "person:u102", Level::kYellow);
    alert.labels = {{"team-name", "a\"b\\c\nd"}, {"level", "not ours"}, {"bad", "\xFF"}};
    view.alerts = {alert, SampleAlert("actions-slipping", "unit:east", Level::kRed)};
  }

  MetricsInputs inputs() const {
    MetricsInputs inputs;
    inputs.engine = &engine;
    inputs.notify = &notify;
    inputs.view = &view;
    inputs.build = {"0.1.0", "abc123", "main", "2026-01-01T00:00:00Z", "GNU 12.2.0"};
    return inputs;
  }

  EngineMetrics engine;
  NotifyMetrics notify;
  FakeReadView view;
};

}  // namespace kpiwatch
