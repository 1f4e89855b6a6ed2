// The ports through which committed decisions leave.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// A message to one recipient of one receiver: all transitions of one step that concern him,
// rendered by the channel.
struct Message {
  std::string idempotency_key;  // stable over re-sends: 32 hexadecimal digits
  std::string receiver;         // its name
  std::string recipient;        // person id; an address that is nobody's; empty for a webhook
  std::string recipient_name;   // in `language`; empty for a webhook
  std::string address;          // e-mail address or URL (never logged with its query)
  std::string language;         // "zh" or "en"
  // For a webhook in the order of decision. For a person the gravest alert first, of each its last
  // change first; capped. Borrowed for the call.
  std::vector<const v1::Transition*> transitions;
  // Owns those of them that were cut to what this receiver knows of.
  std::vector<std::shared_ptr<const v1::Transition>> cut;
  size_t truncated = 0;                // of a person's, how many more there were
  const Rulebook* rulebook = nullptr;  // titles, names, annotations; borrowed for the call
};

// Sends messages of one kind. One thread per receiver calls Send; it may block up to its own
// timeout.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual std::string_view integration() const = 0;  // "webhook", "email"

  // OK: accepted by the other side.
  // kUnavailable, kDeadlineExceeded: the other side as a whole does not take messages now; try
  //   again later.
  // kResourceExhausted: it does not take this recipient's messages now; others may go through.
  // kCancelled: after Cancel.
  // Anything else: it will never be accepted (counted, logged, dropped).
  // A temporary error may say how long to wait (retry_after.h).
  virtual absl::Status Send(const Message& message) = 0;

  // Makes a running Send and all later ones return soon. Any thread may call it.
  virtual void Cancel() = 0;
};

// Makes the channels that a rulebook names. Called by one thread at a time; a mistake in the
// configuration shows in the channel's first Send.
class ChannelFactory {
 public:
  virtual ~ChannelFactory() = default;
  virtual std::unique_ptr<Channel> MakeWebhook(const WebhookConfig& config) = 0;
  virtual std::unique_ptr<Channel> MakeEmail(const EmailConfig& config) = 0;
};

}  // namespace kpiwatch
