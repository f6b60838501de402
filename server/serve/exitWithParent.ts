// Loaded by `node --import` ahead of a local demonstration client: when the coordinator is gone, however it ended, so
// is its client. Without it, a killed coordinator would leave clients behind that fight the next start's over their keys.
process.on("disconnect", () => process.exit(0));
process.channel?.unref(); // the channel alone is no reason to stay
