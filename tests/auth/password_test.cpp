#include "auth/password.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include "support/catch.hpp"

namespace postrider::auth {
namespace {

double seconds_of_this_thread() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class Work>
double least_cost(Work work) {
    double least = 1e9;
    for (int i = 0; i < 5; ++i) {
        const double begin = seconds_of_this_thread();
        work();
        least = std::min(least, seconds_of_this_thread() - begin);
    }
    return least;
}

TEST_CASE("every stored form knows its password and no other") {
    const auto* stored = GENERATE(
        "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", "{md5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", "{MD5RAW}5ebe2294ecd0e0f08eab7690d2a6ee69",
        "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
        "{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/isg==",
        // salts of 0, 4 and 8 bytes
        "{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{SSHA}+RFhsab2AfzZ0VfEdyknXtUT06RhYmNk",
        "{SSHA}SWdNwI9zrKBmRo5SG0mvNQtpZnhhYmNkZWZnaA==", "abNANd1rDfiNc", "{CRYPT}abNANd1rDfiNc",
        "{crypt}abNANd1rDfiNc", "{PLAIN}secret", "{plain}secret", "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1",
        "{CRYPT}$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0",
        "{ssha512}iWwx8naQWtJKIoYOgnIUnOjDVRc/KB/avnmg7rvibFhiLlylVmd8s/TomzyGqQwBOpJzU5z2YBupYIJWW8egvDEyMzQ1Njc4");
    INFO(stored);
    CHECK(password_matches("secret", stored));
    CHECK_FALSE(password_matches("Secret", stored));
    CHECK_FALSE(password_matches("", stored));
    CHECK_FALSE(password_matches(std::string_view("secret\0", 7), stored));
    CHECK_FALSE(password_matches("secret", std::string(stored) + "x"));
    CHECK_FALSE(password_matches("secret", std::string_view(stored).substr(0, std::string_view(stored).size() - 1)));
}

TEST_CASE("what is no hash never matches") {
    for (const auto* stored : {"",           "*",
                               "!",          "x",
                               "*0",         "*1",
                               "secret",     "{PLAIN}",
                               "{SSHA256}x", "{PBKDF2}secret",
                               "{",          "{}",
                               "{MD5}",      "{MD5RAW}",
                               "{SHA}",      "{SSHA}",
                               "{SSHA}====", "{CRYPT}",
                               "{CRYPT}*0",  "$6$",
                               "$99$x$y",    "{MD5RAW}5EBE2294ECD0E0F08EAB7690D2A6EE69"}) {
        INFO(stored);
        for (const auto* password : {"", "secret", "*0", "*1", "x"}) {
            CHECK_FALSE(password_matches(password, stored));
        }
    }
}

TEST_CASE("what is made is known again") {
    const auto yescrypt = make_yescrypt("secret");
    CHECK(yescrypt.starts_with("$y$j9T$"));
    CHECK(password_matches("secret", yescrypt));
    CHECK_FALSE(password_matches("Secret", yescrypt));
    CHECK(make_yescrypt("secret") != yescrypt);
    CHECK(make_md5_crypt("secret", 5).size() == 3 + 5 + 1 + 22);
    CHECK(password_matches("secret", make_md5_crypt("secret", 5)));
    const auto md5 = make_md5_crypt("secret");
    CHECK(md5.starts_with("$1$"));
    CHECK(md5.size() == 3 + 8 + 1 + 22);
    CHECK(password_matches("secret", md5));
    const auto sha512 = make_sha512_crypt("");
    CHECK(sha512.starts_with("$6$"));
    CHECK(password_matches("", sha512));
    CHECK_FALSE(password_matches("x", sha512));
    CHECK(make_md5_crypt("secret") != md5);
}

TEST_CASE("what Courier's authpasswd makes") {
    CHECK(make_digest(DigestScheme::md5, "secret") == "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==");
    CHECK(make_digest(DigestScheme::md5raw, "secret") == "{MD5RAW}5ebe2294ecd0e0f08eab7690d2a6ee69");
    CHECK(make_digest(DigestScheme::sha, "secret") == "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=");
    CHECK(make_digest(DigestScheme::sha256, "secret") == "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=");
    CHECK(make_digest(DigestScheme::sha512, "secret").starts_with("{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1q"));
    const auto salted = make_digest(DigestScheme::ssha, "secret");
    CHECK(salted.starts_with("{SSHA}"));
    CHECK(salted.size() == 6 + 32);  // 20 bytes of digest and 4 of salt
    CHECK(make_digest(DigestScheme::ssha, "secret") != salted);
    for (const auto scheme : {DigestScheme::md5, DigestScheme::md5raw, DigestScheme::sha, DigestScheme::ssha,
                              DigestScheme::sha256, DigestScheme::sha512}) {
        CHECK(password_matches("secret", make_digest(scheme, "secret")));
    }
}

TEST_CASE("crypt takes 511 bytes") {
    CHECK(password_matches(std::string(510, 'p'), make_sha512_crypt(std::string(510, 'p'))));
    const auto longest = make_sha512_crypt(std::string(511, 'p'));
    CHECK(password_matches(std::string(511, 'p'), longest));
    CHECK_FALSE(password_matches(std::string(512, 'p'), longest));
    CHECK_THROWS_AS(make_sha512_crypt(std::string(512, 'p')), std::invalid_argument);
    CHECK_THROWS_AS(make_md5_crypt(std::string_view("a\0b", 3)), std::invalid_argument);
}

TEST_CASE("CRAM secrets are the chaining states") {
    CHECK(make_hmac_secret(HmacHash::md5, "secret") ==
          "cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56");
    CHECK(make_hmac_secret(HmacHash::sha1, "secret") ==
          "091e0f4c6cb5277ee2beb639a60d0831b5c8adcdaee172433df3e96ba4f00fb1b6a490c3929d2034");
    CHECK(
        make_hmac_secret(HmacHash::sha256, "secret") ==
        "5a84072aab37d22275b139adf7a92564c7f674be98e77d991f6f689d29e0524572804f31b042016804d3dea2f4e991a21b1c8906be161"
        "594b202fb74afc8ceb3");
}

TEST_CASE("a CRAM key longer than a block stands for its digest") {
    CHECK(make_hmac_secret(HmacHash::md5, std::string(65, 'k')) ==
          "27b7a38df6efd1400c525816494f98a12e1df2505cdc138ece701b47ad0c2409");
    CHECK(make_hmac_secret(HmacHash::md5, std::string(63, 'k')) ==
          make_hmac_secret(HmacHash::md5, std::string(63, 'k') + '\0'));
    CHECK(make_hmac_secret(HmacHash::md5, std::string(64, 'k')) !=
          make_hmac_secret(HmacHash::md5, std::string(63, 'k')));
}

TEST_CASE("an unknown user costs what a yescrypt hash costs") {
    const auto stored = make_yescrypt("secret");
    const double known = least_cost([&] { (void)password_matches("guess", stored); });
    const double unknown = least_cost([] { spend_check_time("guess"); });
    CHECK(unknown > known * 0.5);
    CHECK(unknown < known * 2);
}

TEST_CASE("a wiped text is gone") {
    std::string secret = "a long enough secret to live on the heap, surely";
    const char* bytes = secret.data();
    const std::size_t size = secret.capacity();
    wipe(secret);
    CHECK(secret.empty());
    CHECK(secret.data() == bytes);
    CHECK(secret.capacity() == size);
    secret.resize(size);  // only what resize() itself writes
    CHECK(secret == std::string(size, '\0'));
}

}  // namespace
}  // namespace postrider::auth
