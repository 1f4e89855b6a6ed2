// kpictl health: is a daemon alive?
#pragma once

#include <string>

#include "daemon/kpictl/console.h"

namespace kpiwatch {

struct HealthOptions {
  std::string url;
  // What a daemon with --web.config.file asks for; empty: nothing.
  std::string ca_file;          // PEM: who vouches for its certificate
  std::string basic_auth_file;  // holds USER:PASSWORD
  std::string cert_file;        // PEM: the certificate that it wants of its clients,
  std::string key_file;         // and the key
};

// Asks the URL; one without a path is asked for /-/healthy. Returns kExitGood for an answer of 200,
// otherwise kExitWrong and the reason on console.err. Waits 5 s at most.
int Health(const HealthOptions& options, const Console& console);

}  // namespace kpiwatch
