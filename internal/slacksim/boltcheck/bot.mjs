// A bot of a few lines on Bolt for JavaScript. The Go test next door starts it
// against the emulated Slack and plays the people: if Bolt, which knows nothing
// of the emulator, is content with what it gets, others will be too.
import bolt from "@slack/bolt";

const plain = (text) => ({ type: "plain_text", text });

const card = (id) => [
  { type: "section", text: { type: "mrkdwn", text: `Restore *${id}*?` } },
  {
    type: "actions",
    block_id: "decide",
    elements: [{ type: "button", action_id: "approve", value: id, text: plain("Approve") }],
  },
];

const form = (title) => ({
  type: "modal",
  callback_id: "restore",
  title: plain(title),
  submit: plain("Plan"),
  blocks: [
    {
      type: "input",
      block_id: "snapshot",
      label: plain("Snapshot"),
      element: { type: "external_select", action_id: "snapshot", min_query_length: 1 },
    },
    {
      type: "input",
      block_id: "reason",
      label: plain("Reason"),
      element: { type: "plain_text_input", action_id: "reason" },
    },
  ],
});

const app = new bolt.App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: bolt.LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

app.command("/es-restore", async ({ command, ack, client, respond }) => {
  if (command.text === "form") {
    await ack();
    await client.views.open({ trigger_id: command.trigger_id, view: form("Restore") });
    return;
  }
  await ack({ response_type: "ephemeral", text: `planning ${command.text}` });
  await client.chat.postMessage({ channel: command.channel_id, text: `Restore ${command.text}?`, blocks: card(command.text) });
  await respond({ response_type: "ephemeral", text: "the card is out" });
});

app.action("approve", async ({ action, ack, body, client }) => {
  await ack();
  await client.chat.update({
    channel: body.channel.id,
    ts: body.message.ts,
    text: `${action.value} approved by <@${body.user.id}>`,
    blocks: [{ type: "section", text: plain(`${action.value} approved`) }],
  });
});

app.options("snapshot", async ({ options, ack }) => {
  await ack({ options: [{ text: plain(`Snapshot ${options.value}`), value: `snap-${options.value}` }] });
});

app.view("restore", async ({ ack, view }) => {
  const reason = view.state.values.reason.reason.value;
  const snapshot = view.state.values.snapshot.snapshot.selected_option.value;
  if (!reason.includes("because")) {
    await ack({ response_action: "errors", errors: { reason: "say because" } });
  } else if (reason.includes("again")) {
    await ack({ response_action: "update", view: form(`Got ${snapshot}`) });
  } else {
    await ack();
  }
});

app.event("app_home_opened", async ({ event, client }) => {
  await client.views.publish({
    user_id: event.user,
    view: { type: "home", blocks: [{ type: "section", text: plain(`Hello ${event.user}`) }] },
  });
});

await app.start();
process.stdin.on("end", () => process.exit(0)).resume(); // the test has gone
