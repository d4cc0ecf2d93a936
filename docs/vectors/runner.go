// Plays test vectors up to the first answer that is wrong: go run runner.go HOST:PORT < FILE. The format: docs/vectors.md.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"regexp"
	"slices"
	"time"
)

func main() {
	conns, lines := map[int]net.Conn{}, json.NewDecoder(os.Stdin)
	for {
		var o struct {
			Op, Name, Hex                         string
			Connection, Within, Linger, Sequences int
			Matches                               []string
			Answers                               json.RawMessage
		}
		err := lines.Decode(&o)
		c, until := conns[o.Connection], time.Now().Add(time.Duration(o.Within)*time.Millisecond)
		switch o.Op {
		case "sequence":
			log.SetPrefix(o.Name + ": ")
		case "open":
			conns[o.Connection], err = net.Dial("tcp", os.Args[1])
		case "send", "expect", "wait":
			frame, _ := hex.DecodeString(o.Hex)
			c.SetReadDeadline(until.Add(5 * time.Second))
			for c.Write(frame); err == nil && len(o.Matches) > 0; time.Sleep(time.Duration(o.Within) * time.Microsecond) {
				length := [2]int32{4} // of what follows, of the header
				err = binary.Read(c, binary.BigEndian, &length)
				answer := make([]byte, length[0]-4)
				binary.Read(c, binary.BigEndian, answer)
				answer = slices.Insert(answer, int(length[1]), '\n')
				if i := slices.IndexFunc(o.Matches, func(m string) bool { return regexp.MustCompile(m).Match(answer) }); i >= 0 {
					o.Matches = slices.Delete(o.Matches, i, i+1)
				} else if c.Write(frame); time.Now().After(until) {
					err = fmt.Errorf("expected any of %s, got %s %v", o.Answers, answer, err)
				}
			}
		case "close":
			c.(*net.TCPConn).SetLinger(o.Linger)
			err = c.Close()
		case "end":
			fmt.Println(o.Sequences, "sequences passed")
			return
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}
