// A disk that is full for a while, under the daemon itself: nothing that it has taken is lost, and
// what it cannot take it does not confirm.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/adapters/daemon_fixture.h"

namespace kpiwatch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kExitEnvironment = 3;

class FullDiskTest : public DaemonFixture {
 protected:
  // From the next start on, `daemon` has no room below `path` while Fill is in force.
  void PutOnDisk(const std::string& path, DaemonProcess* daemon) const {
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
    daemon->SetEnvironment("LD_PRELOAD=" + (self.parent_path() / "libfull_disk.so").string());
    // The library stands before the sanitizer's, where there is one.
    daemon->SetEnvironment("ASAN_OPTIONS=verify_asan_link_order=0");
    daemon->SetEnvironment("KPIWATCH_FULL_DISK_BELOW=" + path + "/");
    daemon->SetEnvironment("KPIWATCH_FULL_DISK_WHEN=" + full_);
  }
  void Fill() const { WriteText(full_, ""); }
  void MakeRoom() const { std::filesystem::remove(full_); }

  const std::string full_ = temp_.path() + "/no-room";
  const SalesMonth month_ = MakeSalesMonth(8);
  HttpReceiver receiver_;
};

TEST_F(FullDiskTest, EndsTheDaemonAndWithRoomTheNextOneGoesOn) {
  const Place calm = MakePlace("roomy", receiver_.Url());
  ASSERT_TRUE(broker().Produce(calm.topic, month_.records).ok());
  DaemonProcess calm_daemon(calm.directory);
  calm_daemon.Start();
  ASSERT_TRUE(calm_daemon.AwaitReady()) << calm_daemon.log();
  ASSERT_TRUE(AwaitSettled(calm_daemon, month_.complete_until)) << calm_daemon.log();
  const std::vector<v1::Transition> expected = Published(calm);

  const Place place = MakePlace("full", receiver_.Url());
  const auto half = month_.records.begin() + static_cast<long>(month_.records.size() / 2);
  ASSERT_TRUE(broker().Produce(place.topic, {month_.records.begin(), half}).ok());
  DaemonProcess daemon(place.directory);
  PutOnDisk(daemon.storage_path(), &daemon);
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  ASSERT_TRUE(Eventually([&] { return !Published(place).empty(); })) << daemon.log();

  Fill();
  ASSERT_TRUE(broker().Produce(place.topic, {half, month_.records.end()}).ok());
  EXPECT_EQ(daemon.AwaitExit(), kExitEnvironment);
  EXPECT_THAT(daemon.log(), AllOf(HasSubstr("msg=\"ended\""), HasSubstr("No space left on device"),
                                  HasSubstr("exit_code=3")));
  daemon.Start();
  EXPECT_EQ(daemon.AwaitExit(), kExitEnvironment) << "there is still no room";
  EXPECT_THAT(daemon.log(), HasSubstr("No space left on device"));

  MakeRoom();
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_TRUE(daemon.AwaitLog("the last run did not end by itself")) << daemon.log();
  EXPECT_GE(daemon.Metric("kpiwatch_runs_ended_total", {R"(how="unclean")"}), 1);
  ASSERT_TRUE(AwaitSettled(daemon, month_.complete_until)) << daemon.log();
  const StoryOptions options = {.intraday = {"busy-day", "week-reached"},
                                .corrected = month_.corrected};
  for (const std::string& difference : StoryDifferences(expected, Published(place), options)) {
    ADD_FAILURE() << difference;
  }
}

// Posts the events one by one; the answers' codes.
std::vector<int> PostAll(const DaemonProcess& daemon, const std::vector<std::string>& events) {
  std::vector<int> answers;
  for (const std::string& event : events) {
    answers.push_back(daemon.Post("/api/v1/events", event, "application/cloudevents+json").status);
  }
  return answers;
}

TEST_F(FullDiskTest, ConfirmsNoEventThatIsNotOnDisk) {
  const Place place = MakePlace("posted", receiver_.Url());
  WriteLogConfig(place, "posted");
  DaemonProcess daemon(place.directory);
  const std::string log = daemon.storage_path() + "/events";
  PutOnDisk(log, &daemon);
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  std::vector<std::string> events;
  for (int i = 0; i < 6; ++i) {  // the sixth touch of a day is told
    events.push_back(EventRecord(0, "e" + std::to_string(i), "com.acme.crm.activity.completed.v1",
                                 month_.complete_until, R"({"owner_id":"p01","direction":"out"})")
                         .value);
  }
  const std::vector<std::string> first(events.begin(), events.begin() + 3);
  const std::vector<std::string> rest(events.begin() + 3, events.end());
  EXPECT_EQ(PostAll(daemon, first), std::vector<int>(3, 202));

  Fill();
  const DaemonProcess::Answer answer =
      daemon.Post("/api/v1/events", rest[0], "application/cloudevents+json");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("the disk is full"));
  EXPECT_EQ(PostAll(daemon, rest), std::vector<int>(3, 503));
  EXPECT_TRUE(daemon.AwaitLog("the local log has refused events")) << daemon.log();
  EXPECT_EQ(daemon.Metric("kpiwatch_log_refused_total", {R"(source="crm")"}), 4);
  EXPECT_EQ(daemon.Metric("kpiwatch_log_records_total", {R"(source="crm")"}), 3);
  EXPECT_EQ(daemon.Get("/-/ready").status, 200);

  // Room again: it goes on without a restart, and behind nothing that is broken.
  MakeRoom();
  EXPECT_EQ(PostAll(daemon, rest), std::vector<int>(3, 202));
  ASSERT_TRUE(Eventually([&] { return Published(place).size() == 1; })) << daemon.log();
  daemon.Kill();
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_EQ(PostAll(daemon, events), std::vector<int>(6, 202)) << "they are taken, as duplicates";
  ASSERT_TRUE(Eventually([&] {
    return daemon.Metric("kpiwatch_ingest_records_total", {R"(result="duplicate")"}) == 6;
  })) << daemon.log();
  const std::vector<v1::Transition> told = Published(place);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].rule(), "busy-day");
  EXPECT_EQ(told[0].value(), "6");
}

}  // namespace
}  // namespace kpiwatch
