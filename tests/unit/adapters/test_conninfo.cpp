#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

using pgtide::ConnectionTarget;
using pgtide::Error;
using pgtide::ErrorKind;
using pgtide::parse_connection;
using pgtide::redact;
using pgtide::redact_broken_url;

namespace {

std::string conninfo(const std::string& url) {
  return parse_connection(url).conninfo;
}

// Everything that a user could see of the error.
std::string refusal(const std::string& url) {
  try {
    parse_connection(url);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    CHECK(error.hint() != "");
    return std::string(error.what()) + "\n" + error.hint() + "\n" + error.detail();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("URLs become key=value pairs") {
  CHECK(conninfo("postgresql://app:pw@db.example:5433/shop") ==
        "user=app password=pw host=db.example port=5433 dbname=shop");
  CHECK(conninfo("postgres://db/shop") == "host=db dbname=shop");
  CHECK(conninfo("postgresql://app@db") == "user=app host=db");
  CHECK(conninfo("postgresql://app:@db/shop") == "user=app host=db dbname=shop");
  CHECK(conninfo("postgresql:///shop?host=/tmp&port=5433") == "dbname=shop host=/tmp port=5433");
  CHECK(conninfo("postgresql://%2Fvar%2Frun/shop") == "host=/var/run dbname=shop");
  CHECK(conninfo("postgresql://[2001:db8::1]:5432/shop") ==
        "host=2001:db8::1 port=5432 dbname=shop");
  CHECK(conninfo("postgresql://[fe80::1%25eth0]/d") == "host=fe80::1%eth0 dbname=d");
  CHECK(conninfo("postgresql://a:1,b:2,[::1]/shop?target_session_attrs=read-write") ==
        "host=a,b,::1 port=1,2, dbname=shop target_session_attrs=read-write");
  CHECK(conninfo("postgresql://") == "");
}

TEST_CASE("percent-encoding is undone and quoted again") {
  CHECK(conninfo("postgresql://a%40b:p%27w%5C%20x%25@h/d%2Fb") ==
        R"(user=a@b password='p\'w\\ x%' host=h dbname=d/b)");
  CHECK(conninfo("postgresql://h/d?options=-c%20geqo%3Doff&application_name=a=b") ==
        "host=h dbname=d options='-c geqo=off' application_name=a=b");
}

TEST_CASE("a question mark in a password is not the query") {
  CHECK(conninfo("postgresql://u:a?b=c@h/d") == "user=u password=a?b=c host=h dbname=d");
}

TEST_CASE("a host in the query replaces the one before it, as in libpq") {
  CHECK(conninfo("postgresql://u@localhost:5432/d?host=/run/pg") ==
        "user=u host=/run/pg port=5432 dbname=d");
}

TEST_CASE("Prisma's parameters") {
  const ConnectionTarget target = parse_connection(
      "postgresql://app:s3cret@db:5432/shop?schema=my%20app&connection_limit=5&pgbouncer=true&"
      "sslmode=prefer&pool_timeout=0&sslaccept=strict&socket_timeout=9&statement_cache_size=0&"
      "connect_timeout=7&sslcert=ca.pem");
  CHECK(target.conninfo ==
        "user=app password=s3cret host=db port=5432 dbname=shop sslmode=prefer "
        "connect_timeout=7 sslcert=ca.pem");
  CHECK(target.schema == "my app");
  CHECK(target.shown ==
        "postgresql://app:***@db:5432/shop?schema=my%20app&sslmode=prefer&connect_timeout=7&"
        "sslcert=ca.pem");
  REQUIRE(target.notices.size() == 1);
  CHECK(target.notices[0] ==
        "left out of the connection, because PostgreSQL does not know them: connection_limit, "
        "pgbouncer, pool_timeout, sslaccept, socket_timeout, statement_cache_size");
}

TEST_CASE("values of parameters that were left out are shown nowhere") {
  const auto target = parse_connection("postgresql://h/d?api_token=t0ken&pgbouncer");
  CHECK(target.shown == "postgresql://h/d");
  CHECK(target.notices[0].find("t0ken") == std::string::npos);
}

TEST_CASE("spellings of other clients") {
  CHECK(conninfo("postgresql://h/d?ssl=true") == "host=h dbname=d sslmode=require");
  const auto target = parse_connection("postgresql://h/d?sslmode=no-verify");
  CHECK(target.conninfo == "host=h dbname=d sslmode=require");
  CHECK(target.notices.size() == 1);
  CHECK(conninfo(" \"postgresql://h/d\"\n") == "host=h dbname=d");
}

TEST_CASE("key=value strings") {
  const auto target = parse_connection(
      R"(host = localhost dbname='two words' password='it\'s \\ x' user=a\ b schema=app pool=3)");
  CHECK(target.conninfo == R"(host=localhost dbname='two words' password='it\'s \\ x' user='a b')");
  CHECK(target.schema == "app");
  CHECK(target.shown == "host=localhost dbname='two words' password=*** user='a b' schema=app");
  REQUIRE(target.notices.size() == 1);
  CHECK(target.notices[0].find("pool") != std::string::npos);
  CHECK(conninfo("host=a password= 'x'") == "host=a password=x");
  CHECK(conninfo("host='' user=a") == "host='' user=a");
}

TEST_CASE("passwords in other places are masked too") {
  CHECK(parse_connection("postgresql://h/d?user=u&password=s3cret").shown ==
        "postgresql://h/d?user=u&password=***");
  CHECK(parse_connection("host=h sslpassword=s3cret sslkey=k").shown ==
        "host=h sslpassword=*** sslkey=k");
}

TEST_CASE("what is no PostgreSQL connection is refused without repeating it") {
  const std::vector<std::string> bad{
      "mysql://u:s3cret@h/d",
      "jdbc:postgresql://h/d?user=u&password=s3cret",
      "prisma://accelerate.example/?api_key=s3cret",
      "s3cret",
      "user:s3cret@host/db",
      "my_user:s3cret@host/db?sslmode=require",
      "//user:pa=s3cret@host/db",
      "pa s3cret=@host",
      "s3cret=@host",
      "s3cret=1 b=@host",
      "postgresql:s3cret",
      "host=h password='s3cret",
      "host=h password=x s3cret",
      "=s3cret host=h",
      "postgresql://u:s3%cret@h/d",
      "postgresql://u:s3cret%0@h/d",
      "postgresql://u:s3cret%00@h/d",
      "postgresql://u:a@s3cret@h/d",
      "postgresql://u:a/s3cret@h/d",
      "postgresql://u:1/s3cret@h/d",
      "postgresql://u:s3 cret@h/d",
      "postgresql://h:s3cret/d",
      "postgresql://h:70000/d?application_name=s3cret",
      "postgresql://h:0/s3cret",
      "postgresql://[s3cret/d",
      "postgresql://[::1]s3cret/d",
      "postgresql://u:1/x?s3cret@h/d",
      "postgresql://h/d?s3:cret",
      "postgresql://h/d?sslmode",
      "host=h port=s3cret",
      "host=h port=5432,s3cret",
      std::string("host=s3cret\0x", 13),
  };
  for (const auto& url : bad) {
    CAPTURE(url);
    const std::string said = refusal(url);
    CHECK(said != "accepted");
    CHECK(said.find("s3") == std::string::npos);
    CHECK(said.find("cret") == std::string::npos);
  }
  CHECK(refusal("mysql://u:s3cret@h/d").find("mysql://") != std::string::npos);
  CHECK(refusal("jdbc:postgresql://h/d").find("jdbc:") != std::string::npos);
}

TEST_CASE("redact masks URLs inside longer texts") {
  CHECK(redact("cannot reach postgres://u:s3cret@h:5432/d, try again") ==
        "cannot reach postgres://u:***@h:5432/d, try again");
  CHECK(redact("url = \"mysql://u:s3cret@h/d\" # x@y") == "url = \"mysql://u:***@h/d\" # x@y");
  CHECK(redact("postgres://u:a@b/c:d@h/d?x=1@2") == "postgres://u:***@h/d?x=1@2");
  CHECK(redact("postgres://u:a?b@h/d") == "postgres://u:***@h/d");
  CHECK(redact("postgres://u:1?s3cret=@h") == "postgres://u:***@h");
  CHECK(redact("postgres://u:12/ab@h/d") == "postgres://u:***@h/d");
  CHECK(redact("postgres://:s3cret@h") == "postgres://:***@h");
  CHECK(redact("postgres://u:a@h,postgres://v:b@h and postgres://w:c@h") ==
        "postgres://u:***@h,postgres://v:***@h and postgres://w:***@h");
  CHECK(redact("postgres://h/d?user=u&password=s3cret&sslmode=require") ==
        "postgres://h/d?user=u&password=***&sslmode=require");
}

TEST_CASE("a URL that is broken is masked in what is said of a setting") {
  const auto is = [](const std::string& text) { return redact_broken_url(text); };
  CHECK(is("`--url` is `u:s3cret@h/d`") == "`--url` is `u:***@h/d`");
  CHECK(is("is no duration: `u:my s3cret@h/d`") == "is no duration: ***@h/d`");
  CHECK(is("postgresql://u:my s3cret@h/d\nx") == "postgresql://u:***@h/d\nx");
  CHECK(is("`s3cret@h/d` is not a command") == "`***@h/d` is not a command");
  for (const char* text : {"no @ here: a:b", "", "a\nb", "@", "u@h", "postgresql://u@h/d"}) {
    CAPTURE(text);
    const bool user = std::string(text) == "u@h" || std::string(text).ends_with("u@h/d");
    if (!user) CHECK(is(text) == text);
  }
}

TEST_CASE("redact masks key=value strings") {
  CHECK(redact("host=h password=s3cret user=u") == "host=h password=*** user=u");
  CHECK(redact("host=h password = 'it\\'s s3cret' user=u") == "host=h password = *** user=u");
  CHECK(redact("password=a\\ b\\'c user=u") == "password=*** user=u");
  CHECK(redact("sslpassword=x PGPASSWORD=y PASSWORD=z") ==
        "sslpassword=*** PGPASSWORD=*** PASSWORD=***");
  CHECK(redact("password=a&b user=u") == "password=*** user=u");
  CHECK(redact("password='never closed") == "password=***");
  CHECK(redact("conninfo = \"host=h password=s3cret\"") == "conninfo = \"host=h password=***\"");
}

TEST_CASE("redact masks passwords in SQL") {
  for (const std::string text :
       {"ALTER ROLE app PASSWORD 's3cret' VALID UNTIL 'infinity'",
        "alter role app encrypted\n  password  's3''cret;' valid UNTIL 'infinity'",
        "CREATE USER app PASSWORD E's3\\'cret' IN ROLE x", "CREATE USER app PASSWORD U&'s3cret'",
        "CREATE USER app PASSWORD $$s3cret$$ IN ROLE x", "CREATE USER app PASSWORD $a$s3$$cret$a$",
        "CREATE USER app PASSWORD 's3'\n 'cret'", "OPTIONS (user 'u', password 's3cret')",
        "ALTER ROLE app PASSWORD 's3cret that was cut o", "ALTER ROLE app PASSWORD'",
        "PASSWORD $$s3cret",
        "ALTER ROLE a PASSWORD 's3cret'; ALTER ROLE b PASSWORD 's3cret2' CONNECTION LIMIT 3"}) {
    CAPTURE(text);
    const std::string shown = redact(text);
    CHECK(shown.find("s3") == std::string::npos);
    CHECK(shown.find("cret") == std::string::npos);
    CHECK(shown.find("'***'") != std::string::npos);
  }
  CHECK(redact("ALTER ROLE app PASSWORD 's3cret' VALID UNTIL 'infinity'") ==
        "ALTER ROLE app PASSWORD '***' VALID UNTIL 'infinity'");
  CHECK(redact("ALTER ROLE a PASSWORD E'x\\'y' NOLOGIN; ALTER ROLE b PASSWORD $$z$$;") ==
        "ALTER ROLE a PASSWORD '***' NOLOGIN; ALTER ROLE b PASSWORD '***';");
}

TEST_CASE("redact leaves everything else alone") {
  for (const std::string text :
       {"", "password", "password authentication failed for user \"u\"",
        "password = ", "postgres://u@h:5432/d", "postgres://h:5432/d?application_name=a@b",
        "postgres://[::1]:5432/d", "postgres://u:@h/d", "http://example.org/a:b", "a@b: c://",
        "SET password_encryption = 'scram-sha-256'", "ALTER ROLE app PASSWORD NULL", "PASSWORD $1",
        "password $", "PASSWORD U", "PASSWORD e", "the password is 'x'"}) {
    CHECK(redact(text) == text);
  }
}
