// One message through a route that a NameServer tells, by the Java client: sent and received.
//
//   java -cp 'JARS/*' Peer.java NAMESRV TOPIC TEXT
//
// A topic that the producer is the first to speak of goes through the route of TBW102.

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

public class Peer {
    public static void main(String[] arguments) {
        try {
            run(arguments);
        } catch (Exception error) {  // the client's own threads would keep the process
            System.out.println("FAILED " + error);
            System.exit(1);
        }
    }

    static void run(String[] arguments) throws Exception {
        String namesrv = arguments[0], topic = arguments[1], text = arguments[2];
        DefaultMQProducer producer = new DefaultMQProducer(topic + "-senders");
        producer.setNamesrvAddr(namesrv);
        producer.setSendMsgTimeout(30_000);
        producer.setMqClientApiTimeout(30_000);  // 3 s are little on a busy machine
        producer.start();
        SendResult sent = producer.send(new Message(topic, text.getBytes(StandardCharsets.UTF_8)));
        System.out.println("SENT " + sent.getMessageQueue().getBrokerName());

        DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(topic + "-receivers");
        consumer.setNamesrvAddr(namesrv);
        consumer.setMqClientApiTimeout(30_000);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.start();
        long deadline = System.nanoTime() + 90_000_000_000L;
        while (System.nanoTime() < deadline) {
            List<MessageExt> messages = consumer.poll(1_000);
            for (MessageExt message : messages) {
                System.out.println("RECEIVED " + new String(message.getBody(), StandardCharsets.UTF_8));
                System.exit(0);
            }
        }
        System.out.println("FAILED receive: nothing within 90 s");
        System.exit(1);
    }
}
