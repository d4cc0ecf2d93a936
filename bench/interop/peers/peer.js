// One message through a route that a NameServer tells, by ali-ons: sent and received. The topic has to be there.
//
//   node peer.js NAMESRV TOPIC TEXT
'use strict';

const { Consumer, Message, Producer } = require('ali-ons');

const [namesrv, topic, text] = process.argv.slice(2);
const logger = { info() {}, warn: console.error, error: console.error, debug() {} };
const options = { httpclient: {}, nameSrv: namesrv, logger };

function fail(what, error) {
  console.log(`FAILED ${what}: ${error && error.message || error}`);
  process.exit(1);
}

// Producer and consumer share a client, and both say that there is no route yet for %RETRY%group. The broker makes that topic
// when it hears of the group; nothing is lost.
function tell(error) {
  console.log(`not fatal: ${error.message}`);
}

async function main() {
  const producer = new Producer({ ...options, producerGroup: `${topic}-senders` });
  producer.on('error', tell);
  await producer.ready();
  const sent = await producer.send(new Message(topic, 'interop', text));
  console.log(`SENT ${sent.messageQueue.brokerName}`);

  const consumer = new Consumer({ ...options, consumerGroup: `${topic}-receivers`, isBroadcast: false });
  consumer.on('error', tell);
  consumer.subscribe(topic, '*', async message => {
    console.log(`RECEIVED ${message.body.toString()}`);
    process.exit(0);
  });
  setTimeout(() => fail('receive', 'nothing within 90 s'), 90_000);
}

main().catch(error => fail('send', error));
