// One message through a route that the NameServer at ARGS[0] tells: sent, and received. Prints SENT and RECEIVED lines.
//
//	peer NAMESRV TOPIC TEXT
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

func check(what string, err error) {
	if err != nil {
		fmt.Println("FAILED", what, err)
		os.Exit(1)
	}
}

func main() {
	namesrv, topic, text := primitive.NamesrvAddr{os.Args[1]}, os.Args[2], os.Args[3]
	sender, err := rocketmq.NewProducer(producer.WithNameServer(namesrv), producer.WithGroupName(topic+"-senders"))
	check("producer", err)
	check("producer", sender.Start())
	result, err := sender.SendSync(context.Background(), primitive.NewMessage(topic, []byte(text)))
	check("send", err)
	fmt.Println("SENT", result.MessageQueue.BrokerName)

	received := make(chan string, 16)
	receiver, err := rocketmq.NewPushConsumer(
		consumer.WithNameServer(namesrv),
		consumer.WithGroupName(topic+"-receivers"),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	)
	check("consumer", err)
	check("subscribe", receiver.Subscribe(topic, consumer.MessageSelector{},
		func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			for _, message := range messages {
				received <- string(message.Body)
			}
			return consumer.ConsumeSuccess, nil
		}))
	check("consumer", receiver.Start())
	select {
	case body := <-received:
		fmt.Println("RECEIVED", body)
	case <-time.After(60 * time.Second):
		fmt.Println("FAILED receive: nothing within 60 s")
		os.Exit(1)
	}
}
