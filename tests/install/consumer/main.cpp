// Starts a private server and does on it what is typed: `up`, `up VERSION`, `down VERSION`,
// `status`.
#include <pgtide/embedded_server.hpp>
#include <pgtide/migrator.hpp>

#include <iostream>
#include <sstream>
#include <string>

namespace {

void print(const pgtide::Report& report) {
  std::cout << "done " << report.count(pgtide::StepOutcome::done);
  if (report.failure) std::cout << " failed " << report.failure->sqlstate;
  std::cout << std::endl;
}

void print(const pgtide::StatusReport& report) {
  std::cout << "applied " << report.count(pgtide::State::applied) << " pending "
            << report.count(pgtide::State::pending) << " current "
            << (report.current.empty() ? "none" : report.current) << std::endl;
}

void obey(pgtide::Migrator& migrator, const std::string& line) {
  std::istringstream words(line);
  std::string command;
  std::string version;
  words >> command >> version;
  if (command == "status") {
    print(migrator.status());
  } else if (command == "up" && version.empty()) {
    print(migrator.up());
  } else if (command == "up") {
    print(migrator.up(pgtide::ToVersion{version}));
  } else {
    print(migrator.down(pgtide::ToVersion{version}));
  }
}

}  // namespace

int main(int, char** argv) {
  try {
    const pgtide::EmbeddedServer server({.dir = argv[2]});
    pgtide::Settings settings;
    settings.url = server.conninfo();
    settings.dir = argv[1];
    std::cout << settings.url << std::endl;
    pgtide::Migrator migrator(settings);
    for (std::string line; std::getline(std::cin, line);) {
      try {
        obey(migrator, line);
      } catch (const pgtide::Error& error) {
        std::cout << "refused " << error.what();
        for (const pgtide::Problem& problem : error.problems())
          std::cout << "; " << problem.message;
        std::cout << std::endl;
      }
    }
  } catch (const pgtide::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
