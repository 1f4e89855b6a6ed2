#!/usr/bin/python3
"""A mail server on loopback for email_test.cc.

Prints its port, then each letter it has taken, as lines of JSON. The local part of a recipient says
what happens to a letter: busy, gone, full (after the text), shutdown, hang; all others are taken.
Ends when its standard input does.
"""
import argparse
import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

REFUSALS = {"busy": "450 4.2.1 try later", "gone": "550 5.1.1 no such user",
            "shutdown": "421 4.3.2 going down"}


def say(what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local == "hang":
            await asyncio.sleep(3600)
        if local in REFUSALS:
            return REFUSALS[local]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("full@"):
            return "452 4.2.2 mailbox full"
        if envelope.rcpt_tos[0].startswith("spam@"):
            return "554 5.7.1 looks like spam"
        say({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
             "login": session.auth_data is not None,
             "data": base64.b64encode(envelope.content).decode()})
        return "250 OK"


def authenticate(server, session, envelope, mechanism, auth_data):
    good = auth_data.login == b"kpi" and auth_data.password == b"secret"
    return AuthResult(success=good, handled=good, auth_data=auth_data if good else None)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--login", action="store_true", help="take letters only after a login")
    options = parser.parse_args()
    settings = {"hostname": "localhost"}
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
        settings["tls_context"] = context
    if options.login:
        settings.update(authenticator=authenticate, auth_required=True,
                        auth_require_tls=bool(options.certificate))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), **settings), "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
