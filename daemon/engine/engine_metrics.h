// What the engine counts about itself; metrics/ gives these their public names.
#pragma once

#include "daemon/base/counters.h"

namespace kpiwatch {

// Every field is thread-safe; the engine thread writes, any thread reads.
struct EngineMetrics {
  // ---- Records in ----
  // Per topic (the source's name where it has no topics) and result: accepted, duplicate, late
  // (accepted after its day was sealed), too_late, ignored (a type that nobody asked for),
  // heartbeat, conflict (the id of another event; the higher sequence counts, else the first),
  // stale (a later state of its entity is known), dead_letter.
  CounterFamily ingest_records{{"topic", "result"}, 1000};
  CounterFamily dead_letters{{"reason"}, 50};
  Counter unmatched_events;  // of types that no KPI names (D-16)
  // Facts that a KPI could not take: `currency` (money of another one), `binary_money` (money as a
  // binary floating-point number), `no_measure` (the field is missing or no number), `no_entity`
  // (it retracts an entity that it does not name).
  CounterFamily facts_excluded{{"kpi", "reason"}, 1000};
  Gauge dedup_window_ids;      // ids that the duplicate window holds
  Gauge dedup_window_seconds;  // how far back by arrival it reaches

  // ---- Verdicts ----
  CounterFamily rule_evaluations{{"rule"}, 1000};
  CounterFamily rule_evaluation_failures{{"rule"}, 1000};
  Histogram rule_evaluation_seconds{LatencyBuckets()};  // one step's evaluation of all rules
  Histogram event_to_alert_seconds{
      LatencyBuckets()};       // record's transport time to durable transition
  Gauge calendar_provisional;  // 1: a calendar in use ends before a period that needs it (S-02)

  // ---- State ----
  Histogram commit_seconds{LatencyBuckets()};
  Gauge outbox_length;          // entries that some channel has not acknowledged
  Gauge outbox_oldest_seconds;  // since the first of them was decided; 0: none

  // ---- Sources and time ----
  CounterFamily source_late{{"source"}, 1000};  // times that a source became late (D-02)
  Counter clock_steps_back;                     // of the system clock, ForwardClock's tolerance up
  Gauge clock_behind_seconds;  // by how much it is behind the latest time it has shown

  // ---- Configuration ----
  Counter reload_failures;
  Gauge last_reload_successful;         // 1 or 0; 1 after a good start
  Gauge last_reload_success_timestamp;  // Unix seconds
};

}  // namespace kpiwatch
