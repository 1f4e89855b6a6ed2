// The body of a webhook: Alertmanager's JSON, version "4", so that what reads Alertmanager's
// webhooks reads ours, and our own fields beside it.
#pragma once

#include <string>
#include <string_view>

#include "daemon/notify/channel.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// `external_url` is where people reach this daemon; may be empty.
//
// Each transition is an alert, in the order of decision, so that whoever applies them one by one
// ends at the last state of each: "resolved" when its new level is green, else "firing", with the
// level and the reason among its annotations: labels are the same as long as the alert stands. An
// alert's startsAt is the moment it fired, through all its changes to its resolve. What names an
// alert over its life is the fingerprint.
std::string AlertmanagerJson(const Message& message, std::string_view external_url);

}  // namespace kpiwatch
