// Which messages the entries of one step become, and why the others do not leave.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/notify/channel.h"
#include "daemon/notify/channel_names.h"
#include "daemon/notify/outbox_reader.h"
#include "daemon/notify/routing.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

enum class Integration : uint8_t { kWebhook, kEmail };
std::string_view IntegrationName(Integration integration);  // "webhook", "email"

// One entry under `email:` or `webhook:` of one receiver. Each is a channel of its own, with its
// own place in the outbox.
struct ChannelSlot {
  std::string name;  // "email:managers/0"; the name under which it acknowledges. A webhook's
                     // number is not its place in the list (channel_names.h)
  Integration integration = Integration::kWebhook;
  size_t receiver = 0;  // index into Rulebook::receivers
  size_t instance = 0;  // index into Receiver::email or Receiver::webhook
  uint64_t after = 0;   // entries up to this number are older than it: none of its business
};

// In the order of the rulebook, `after` 0. `known`: the channels that the outbox has.
std::vector<ChannelSlot> ChannelSlots(const Rulebook& rulebook,
                                      const std::vector<ChannelId>& known = {});

// The channel of what no receiver gets: dead letters without a topic go to a file.
inline constexpr std::string_view kDeadLetterFileChannel = "dead_letter_file";

// The channels of `rulebook`, kDeadLetterFileChannel among them, as NameChannels wants them.
std::vector<ChannelId> ChannelsOf(const Rulebook& rulebook);

// Reasons beside those that the engine gives in Transition::not_sent_reason.
namespace reason {
inline constexpr std::string_view kSent = "sent";
inline constexpr std::string_view kNoReceiver = "no_receiver";  // the rules name none
inline constexpr std::string_view kNoChannel = "no_channel";  // its receivers have none: shown only
inline constexpr std::string_view kNoRecipients = "no_recipients";  // nobody is to be told
inline constexpr std::string_view kNoAddress = "no_address";        // the person has none here
inline constexpr std::string_view kViaExcluded = "via_excluded";    // the tier names other channels
inline constexpr std::string_view kResolvedNotWanted = "resolved_not_wanted";  // send_resolved
inline constexpr std::string_view kSummarised = "summarised";  // an e-mail says "and N more"
inline constexpr std::string_view kReceiverRemoved = "receiver_removed";  // since it was told

inline constexpr std::string_view kNotSent[] = {kNoReceiver, kNoChannel,      kNoRecipients,
                                                kNoAddress,  kViaExcluded,    kResolvedNotWanted,
                                                kSummarised, kReceiverRemoved};
}  // namespace reason

// What was decided for one transition and, where there is one, recipient.
struct Decision {
  const v1::Transition* transition = nullptr;  // borrowed from the entry
  std::string recipient;                       // person id or empty
  std::string_view reason;                     // kSent, or why not; borrowed from the entry
};

struct DeliveryPlan {
  std::vector<Message> messages;
  std::vector<Decision> decisions;
};

struct PlannerOptions {
  std::string store_uuid;       // makes idempotency keys of different stores differ
  std::string language = "zh";  // where neither a receiver nor a person says one
};

// Decides for one rulebook. Pure and immutable: any number of threads.
//
// A webhook gets every transition routed to its receiver, in the order of decision: a step is one
// message, or several of at most `max_alerts`. What tells no
// person by name (data alerts) goes to the `to` of the first e-mail entry that has one. A person
// gets one e-mail a step with everything routed to any e-mail receiver: it leaves through the
// receiver of its gravest transition, and every channel comes to the same answer by itself, however
// far it has come and after a restart too. `via` chooses among the channels that reach people and
// so does not concern webhooks.
class DeliveryPlanner {
 public:
  // Transitions of one step in one e-mail; more are counted in Message::truncated and under
  // reason::kSummarised.
  static constexpr size_t kMaxTransitionsPerEmail = 100;

  // Borrows nothing: keeps `rulebook`. `slots` are its channels.
  DeliveryPlanner(std::shared_ptr<const Rulebook> rulebook, std::vector<ChannelSlot> slots,
                  PlannerOptions options);

  const Rulebook& rulebook() const { return *rulebook_; }
  const std::vector<ChannelSlot>& slots() const { return slots_; }

  // What the channel slots()[slot] does with `step`, the entries of one step. The plan borrows from
  // `step` and from the rulebook.
  DeliveryPlan PlanFor(size_t slot, std::span<const SharedEntry> step) const;

  // The transitions of `step` that are no channel's business, with the reasons, and one decision
  // for each receiver that one of them names and that is not there any more.
  std::vector<Decision> Undelivered(std::span<const SharedEntry> step) const;
  bool has_receivers() const { return !rulebook_->receivers.empty(); }

 private:
  struct Routed;   // a transition that a channel may send
  struct Mailing;  // all e-mails of one step
  std::vector<Routed> RoutedOf(std::span<const SharedEntry> step) const;
  DeliveryPlan PlanWebhook(const ChannelSlot& slot, std::span<const SharedEntry> step) const;
  DeliveryPlan PlanEmail(size_t slot, std::span<const SharedEntry> step) const;
  void PlanUnaddressed(const Routed& routed, const std::vector<size_t>& slots,
                       Mailing* mailing) const;
  void PlanEmailOf(const Routed& routed, uint64_t last_seq, Mailing* mailing) const;
  std::vector<size_t> EmailSlotsOf(const Routed& routed, uint64_t last_seq) const;
  Message Build(const ChannelSlot& slot, std::string_view recipient,
                std::span<const Routed> content) const;

  std::shared_ptr<const Rulebook> rulebook_;
  std::vector<ChannelSlot> slots_;
  PlannerOptions options_;
  Router router_;
};

}  // namespace kpiwatch
