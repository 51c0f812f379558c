"""Run in the judge's environment: verify deliveries, a JSON line each on standard input, and say what came of each."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    delivery = json.loads(line)
    try:
        event = Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
    except WebhookVerificationError as error:
        print(json.dumps({"refused": str(error)}))
    else:
        print(json.dumps({"verified": event["id"]}))
