#include "daemon/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

#include "absl/time/clock.h"
#include "daemon/metrics/families.h"

namespace kpiwatch {
namespace {

struct ProcessStat {
  double cpu_seconds = 0, uptime_seconds = 0, virtual_bytes = 0, resident_bytes = 0;
};

// Fields of proc(5)'s stat, counted from the one after the program's name, which may hold anything.
std::optional<ProcessStat> ReadStat() {
  std::ifstream stat_file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(stat_file), {}};
  double uptime = 0;
  std::ifstream("/proc/uptime") >> uptime;
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream rest(text.substr(name_end + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  constexpr size_t kUserTime = 11, kSystemTime = 12, kStart = 19, kVirtual = 20, kResident = 21;
  if (fields.size() <= kResident) {
    return std::nullopt;
  }
  const auto number = [&](size_t i) { return std::strtod(fields[i].c_str(), nullptr); };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ProcessStat{
      .cpu_seconds = (number(kUserTime) + number(kSystemTime)) / ticks,
      .uptime_seconds = uptime - number(kStart) / ticks,
      .virtual_bytes = number(kVirtual),
      .resident_bytes = number(kResident) * static_cast<double>(sysconf(_SC_PAGESIZE)),
  };
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  if (const std::optional<ProcessStat> stat = ReadStat()) {
    prometheus::MetricFamily cpu =
        MakeFamily("process_cpu_seconds_total", prometheus::MetricType::Counter,
                   "Total user and system CPU time spent in seconds.");
    AddSample(&cpu, {}, stat->cpu_seconds);
    families.push_back(std::move(cpu));
    families.push_back(GaugeOf("process_resident_memory_bytes", "Resident memory size in bytes.",
                               stat->resident_bytes));
    families.push_back(GaugeOf("process_virtual_memory_bytes", "Virtual memory size in bytes.",
                               stat->virtual_bytes));
    families.push_back(GaugeOf(
        "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
        absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) - stat->uptime_seconds));
  }
  std::error_code error;
  if (const std::filesystem::directory_iterator fds("/proc/self/fd", error); !error) {
    families.push_back(GaugeOf("process_open_fds", "Number of open file descriptors.",
                               static_cast<double>(std::distance(begin(fds), end(fds)))));
  }
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(GaugeOf("process_max_fds", "Maximum number of open file descriptors.",
                               static_cast<double>(limit.rlim_cur)));
  }
  return families;
}

}  // namespace kpiwatch
