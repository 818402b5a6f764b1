"""Messages as they are met in mailboxes, made from numbers: the same number gives the same bytes in every run."""
import base64
import random
import string

WORDS = ("mail server folder message please find attached report meeting tomorrow regards thanks order invoice "
         "question answer project release week number customer street letter train morning evening draft review change "
         "table figure result window garden paper water summer winter travel ticket hotel price offer account").split()
NAMES = ("Ann Ben Carla Dieter Eva Franz Greta Hugo Ines Jan Karin Lars Mona Nils Olga Paul Rita Sven Tina Uwe").split()
JAPANESE = ("お知らせ", "会議の資料", "ご確認ください", "よろしくお願いします", "東京", "請求書", "来週の予定")
DAYS, MONTHS = "Mon Tue Wed Thu Fri Sat Sun".split(), "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class MailText:
    """Makes messages. Bodies are pieces of two long texts, made once.

    Inside, bytes that are not UTF-8 are surrogates: encode with "surrogateescape"."""

    def __init__(self):
        chance = random.Random(4711)
        lines = (" ".join(chance.choices(WORDS, k=11)) + "\n" for _ in range(6000))
        self.text = "".join(lines)
        self.base64 = base64.encodebytes(chance.randbytes(600_000)).decode()

    def small(self, number):
        """Some 600 bytes of plain text."""
        chance = random.Random(number)
        return (self._head(chance, number, received=1) +
                "Content-Type: text/plain; charset=utf-8\n\n" + self._piece(chance, 150)).encode()

    def realistic(self, number):
        """Plain text, alternatives, HTML, attachments, forwarded messages; 14 KB on average, 200 KB at most."""
        chance = random.Random(number)
        size = min(200_000, int(chance.lognormvariate(8.37, 1.25)))
        kind = chance.choices((self._plain, self._alternative, self._html, self._mixed, self._forwarded),
                              (25, 45, 13, 14, 3))[0]
        text = self._head(chance, number, received=chance.randint(2, 5)) + kind(chance, number, size)
        return text.encode("utf-8", "surrogateescape")

    def _piece(self, chance, size):
        """About `size` bytes of whole lines."""
        begin = self.text.index("\n", chance.randrange(len(self.text) - size - 200)) + 1
        return self.text[begin:self.text.index("\n", begin + size) + 1]

    def _attachment(self, chance, size):
        """Whole lines of base64."""
        begin = chance.randrange((len(self.base64) - size) // 77) * 77
        return self.base64[begin:begin + size // 77 * 77 + 77]

    @staticmethod
    def _date(number):
        second = number * 977
        day = second // 86400
        return (f"{DAYS[day % 7]}, {day % 28 + 1} {MONTHS[day // 28 % 12]} 2024 "
                f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02} +0100")

    def _head(self, chance, number, received):
        sender, date = chance.choice(NAMES), self._date(number)
        address = f"{sender.lower()}{number % 97}@example.org"
        subject = self._subject(chance, number)
        lines = [f"Return-Path: <{address}>", "Delivered-To: bench@example.com"]
        for hop in range(received):
            lines += [f"Received: from relay{hop}.example.org (relay{hop}.example.org [192.0.2.{hop + 1}])",
                      f"\tby mx{hop}.example.com with ESMTPS id {number:08X}{hop}",
                      f"\tfor <bench@example.com>; {date}"]
        if received > 1:
            signature = "".join(chance.choices(string.ascii_letters + string.digits, k=344))
            lines += ["DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=key1;",
                      "\th=from:to:subject:date:message-id:mime-version; bh=" + signature[:44] + ";",
                      *("\t" + signature[at:at + 70] for at in range(0, 344, 70))]
        name = f"=?utf-8?B?{base64.b64encode((sender + ' Müller').encode()).decode()}?=" \
            if chance.random() < 0.1 else f"{sender} {chance.choice(WORDS).title()}"
        lines += [f"Date: {date}", f"From: {name} <{address}>", "To: Bench <bench@example.com>"]
        if chance.random() < 0.3:
            lines.append("Cc: " + ", ".join(f"{one} <{one.lower()}@example.net>" for one in chance.sample(NAMES, 3)))
        if chance.random() < 0.4 and number > 10:
            parent = number - chance.randint(1, 10)
            lines += [f"In-Reply-To: <{parent}@example.org>", f"References: <{parent - 1}@example.org>",
                      f" <{parent}@example.org>"]
            subject = "Re: " + subject
        if chance.random() < 0.2:
            lines += ["List-Id: Announcements <announce.example.org>",
                      "List-Unsubscribe: <mailto:leave@example.org>", "Precedence: list"]
        lines += [f"Subject: {subject}", f"Message-ID: <{number}@example.org>", "MIME-Version: 1.0", ""]
        return "\n".join(lines)

    @staticmethod
    def _subject(chance, number):
        """Mostly ASCII; else encoded words of three charsets."""
        words = chance.choices(WORDS, k=chance.randint(2, 7))
        kind = chance.random()
        if kind < 0.10:
            return f"=?utf-8?Q?{'_'.join(words[:4])}_=C3=BCber_{number}?="
        if kind < 0.13:
            return f"=?iso-8859-1?Q?{'_'.join(words[:4])}_f=FCr_{number}?="
        if kind < 0.15:
            text = chance.choice(JAPANESE).encode("iso2022_jp")
            return f"=?ISO-2022-JP?B?{base64.b64encode(text).decode()}?= {number}"
        return " ".join(words)

    def _plain(self, chance, _, size):
        """UTF-8, ISO-8859-1 raw and quoted, ISO-2022-JP."""
        text, kind = self._piece(chance, size), chance.random()
        if kind < 0.80:
            charset, encoding = "utf-8", "8bit"
            text = text.replace("garden", "Gärten")
        elif kind < 0.88:
            charset, encoding = "iso-8859-1", "8bit"
            text = text.replace("garden", "Gärten").encode("iso-8859-1").decode("ascii", "surrogateescape")
        elif kind < 0.95:
            charset, encoding = "iso-8859-1", "quoted-printable"
            text = text.replace("garden", "G=E4rten")
        else:
            charset, encoding = "iso-2022-jp", "7bit"
            line = "".join(chance.choices(JAPANESE, k=3)).encode("iso2022_jp").decode() + "\n"
            text = (line * (size // len(line) + 1))
        return f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n{text}"

    def _html(self, chance, _, size):
        text = self._piece(chance, size).replace("\n", "<br=>\n")
        return ("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
                f"<html><body style=3D\"margin:0\">\n{text}</body></html>\n")

    def _alternative(self, chance, number, size):
        mark = f"=_{number:x}_alternative"
        return (f"Content-Type: multipart/alternative;\n boundary=\"{mark}\"\n\n--{mark}\n" +
                self._plain(chance, number, size // 3) + f"\n--{mark}\n" +
                self._html(chance, number, size - size // 3) + f"\n--{mark}--\n")

    def _mixed(self, chance, number, size):
        mark = f"=_{number:x}_mixed"
        return (f"Content-Type: multipart/mixed;\n boundary=\"{mark}\"\n\n--{mark}\n" +
                self._alternative(chance, number, min(size, 4000)) + f"\n--{mark}\n"
                f"Content-Type: application/pdf; name=\"{chance.choice(WORDS)}-{number}.pdf\"\n"
                "Content-Transfer-Encoding: base64\n"
                f"Content-Disposition: attachment; filename=\"{chance.choice(WORDS)}-{number}.pdf\"\n\n" +
                self._attachment(chance, size * 3) + f"\n--{mark}--\n")

    def _forwarded(self, chance, number, size):
        mark = f"=_{number:x}_forward"
        return (f"Content-Type: multipart/mixed;\n boundary=\"{mark}\"\n\n--{mark}\n" +
                self._plain(chance, number, 300) + f"\n--{mark}\nContent-Type: message/rfc822\n\n" +
                self._head(chance, number + 1, received=2) + self._alternative(chance, number + 1, size) +
                f"\n--{mark}--\n")
