"""A mail server for tests: smtpd.py tls|starttls|plain CERT KEY FOLDER [USER PASSWORD]

It listens at a free port of 127.0.0.1, prints the port, and keeps each mail that it takes as a file in FOLDER. Some
recipients are special: nobody@ is refused, grey@ is put off the first time, slow@ waits, drop@ is taken and the
connection cut before the answer, the first time.
"""

import asyncio
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

mode, cert, key, folder = sys.argv[1:5]
login = sys.argv[5:7]


class Handler:
    def __init__(self):
        self.seen = set()
        self.taken = 0

    def first(self, address):
        again = address in self.seen
        self.seen.add(address)
        return not again

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "nobody":
            return "550 5.1.1 nobody of that name"
        if name == "grey" and self.first(address):
            return "451 4.7.1 greylisted, come back later"
        if name == "slow":
            await asyncio.sleep(30)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        with open("%s/%03d.eml" % (folder, self.taken), "wb") as f:
            f.write(b"X-To: %s\r\nX-Tls: %s\r\n" % (
                ",".join(envelope.rcpt_tos).encode(), b"yes" if session.ssl or mode == "tls" else b"no"))
            f.write(envelope.content)
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "drop" and self.first("drop"):
            server.transport.abort()
            await asyncio.sleep(0.2)
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and [data.login.decode(), data.password.decode()] == login
    return AuthResult(success=good, handled=False)


async def main():
    context = None
    if mode != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert, key)
    handler = Handler()

    def factory():
        options = {"hostname": "mail.test", "auth_require_tls": mode == "starttls"}
        if mode == "starttls":
            options.update(tls_context=context, require_starttls=True)
        if login:
            options.update(authenticator=authenticate, auth_required=True)
        return SMTP(handler, **options)

    server = await asyncio.get_running_loop().create_server(
        factory, "127.0.0.1", 0, ssl=context if mode == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
