#include "daemon/notify/channel_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/notify/delivery_plan.h"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;

// The numbers that the webhooks with `addresses`, in the order of the list, get.
std::vector<std::string> Named(const std::vector<uint64_t>& addresses,
                               const std::vector<ChannelId>& known) {
  std::vector<ChannelId> wanted;
  for (const uint64_t address : addresses) {
    wanted.push_back({"webhook:a/", address});
  }
  std::vector<std::string> names;
  for (const ChannelId& channel : NameChannels(wanted, known)) {
    names.push_back(channel.name.substr(std::string_view("webhook:a/").size()));
  }
  return names;
}

TEST(ChannelNamesTest, TheFirstRulebookCountsTheList) {
  EXPECT_THAT(Named({11, 22, 33}, {}), ElementsAre("0", "1", "2"));
  EXPECT_THAT(NameChannels({{"email:a/0"}, {"webhook:a/", 1}, {"dead_letter_file"}}, {}),
              ElementsAre(ChannelId{"email:a/0"}, ChannelId{"webhook:a/0", 1},
                          ChannelId{"dead_letter_file"}));
}

TEST(ChannelNamesTest, AWebhookKeepsItsNumberWhereverItStands) {
  const std::vector<ChannelId> known = {
      {"webhook:a/0", 11}, {"webhook:a/1", 22}, {"webhook:a/2", 33}};
  EXPECT_THAT(Named({33, 11, 22}, known), ElementsAre("2", "0", "1"));
  EXPECT_THAT(Named({33}, known), ElementsAre("2"));
}

TEST(ChannelNamesTest, ACorrectedUrlTakesThePlaceOfTheWrongOne) {
  const std::vector<ChannelId> known = {{"webhook:a/0", 11}, {"webhook:a/1", 22}};
  EXPECT_THAT(Named({11, 99}, known), ElementsAre("0", "1"));
  EXPECT_THAT(Named({99, 11}, known), ElementsAre("1", "0"));
  EXPECT_THAT(Named({88, 99}, known), ElementsAre("0", "1"));
}

TEST(ChannelNamesTest, ANewWebhookBesideThoseThatStayGetsANumberThatNobodyHad) {
  EXPECT_THAT(Named({99, 11}, {{"webhook:a/0", 11}}), ElementsAre("1", "0"));
  EXPECT_THAT(Named({88, 99, 22}, {{"webhook:a/1", 22}}), ElementsAre("0", "2", "1"));
  EXPECT_THAT(Named({88, 99}, {{"webhook:a/1", 22}}), ElementsAre("1", "0"))
      << "the first takes the place of what is gone";
}

TEST(ChannelNamesTest, NumbersOfAnOlderProgramArePlacesInTheList) {
  const std::vector<ChannelId> known = {{"webhook:a/0"}, {"webhook:a/1"}, {"webhook:a/2"}};
  EXPECT_THAT(Named({11, 22, 33}, known), ElementsAre("0", "1", "2"));
  EXPECT_THAT(Named({11}, known), ElementsAre("0"));
}

TEST(ChannelNamesTest, ReceiversDoNotMixThoughOneNameBeginsWithTheOther) {
  const std::vector<ChannelId> known = {
      {"webhook:a/0/0", 11}, {"webhook:a/b/0", 22}, {"email:a/0"}, {"webhook:a/07", 33}};
  EXPECT_THAT(Named({11, 22}, known), ElementsAre("0", "1"));
}

TEST(ChannelNamesTest, EveryWebhookAndEmailEntryIsAChannel) {
  Rulebook rulebook = SampleRulebook();
  AddReceiver("managers", 2, 1, &rulebook);
  AddReceiver("coaches", 0, 1, &rulebook);
  std::vector<std::string> names;
  for (const ChannelSlot& slot : ChannelSlots(rulebook)) {
    names.push_back(slot.name);
  }
  EXPECT_THAT(names, ElementsAre("webhook:managers/0", "webhook:managers/1", "email:managers/0",
                                 "email:coaches/0"));
  EXPECT_EQ(ChannelsOf(rulebook).back(), ChannelId{"dead_letter_file"});
  EXPECT_EQ(ChannelSlots(rulebook, {{"webhook:managers/3"}}).front().name, "webhook:managers/3");
}

TEST(ChannelNamesTest, WebhooksWithTheSameUrlAreToldApart) {
  EXPECT_EQ(WebhookAddress("http://a/", 0), WebhookAddress("http://a/", 0));
  EXPECT_NE(WebhookAddress("http://a/", 0), WebhookAddress("http://a/", 1));
  EXPECT_NE(WebhookAddress("http://a/", 0), WebhookAddress("http://b/", 0));
}

}  // namespace
}  // namespace kpiwatch
