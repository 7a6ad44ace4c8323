"""The gateway: live subscriptions, `situation.updates` → WebSocket (records.md 5, docs/protocol.md)."""
