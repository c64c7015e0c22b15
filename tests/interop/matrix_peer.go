// SPDX-License-Identifier: MIT

// matrix_peer: Go's crypto/tls as a client and as a server, for matrix.py.
//
//	matrix_peer client [-flags] HOST:PORT    fetches / and prints the body; -twice resumes, and prints the second
//	matrix_peer server CA PORT,CERT,KEY[,p384|,auth|,expired]...    serves until it is ended
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const limit = 10 * time.Second

var groups = map[string]tls.CurveID{"x25519": tls.X25519, "secp256r1": tls.CurveP256, "secp384r1": tls.CurveP384, "secp521r1": tls.CurveP521}
var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func poolOf(file string) *x509.CertPool {
	pem, err := os.ReadFile(file)
	must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

func pairOf(cert, key string) []tls.Certificate {
	pair, err := tls.LoadX509KeyPair(cert, key)
	must(err)
	return []tls.Certificate{pair}
}

func suiteOf(name string) uint16 {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if s.Name == name {
			return s.ID
		}
	}
	must(fmt.Errorf("no suite %s", name))
	return 0
}

func fetch(where, path string, c *tls.Config) []byte {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: limit}, "tcp", where, c)
	must(err)
	defer conn.Close()
	must(conn.SetDeadline(time.Now().Add(limit)))
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", path)
	must(err)
	all, err := io.ReadAll(conn)
	must(err)
	_, body, _ := strings.Cut(string(all), "\r\n\r\n")
	return []byte(body)
}

func client(args []string) {
	f := flag.NewFlagSet("client", flag.ExitOnError)
	ca := f.String("ca", "", "")
	version := f.String("version", "", "")
	suite := f.String("suite", "", "")
	group := f.String("group", "", "")
	cert := f.String("cert", "", "")
	key := f.String("key", "", "")
	alpn := f.String("alpn", "", "")
	path := f.String("path", "/", "")
	twice := f.Bool("twice", false, "")
	must(f.Parse(args))
	c := &tls.Config{RootCAs: poolOf(*ca), ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	if *version != "" {
		c.MinVersion, c.MaxVersion = versions[*version], versions[*version]
	}
	if *suite != "" {
		c.CipherSuites = []uint16{suiteOf(*suite)}
	}
	if *group != "" {
		c.CurvePreferences = []tls.CurveID{groups[*group]}
	}
	if *cert != "" {
		c.Certificates = pairOf(*cert, *key)
	}
	if *alpn != "" {
		c.NextProtos = []string{*alpn}
	}
	if *twice {
		fetch(f.Arg(0), *path, c)
	}
	_, err := os.Stdout.Write(fetch(f.Arg(0), *path, c))
	must(err)
}

func server(args []string) {
	pool := poolOf(args[0])
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.ServeFile(w, r, "www"+r.URL.Path)
			return
		}
		fmt.Fprintf(w, "%s %t\n", tls.CipherSuiteName(r.TLS.CipherSuite), r.TLS.DidResume)
	})
	for _, arg := range args[1:] {
		a := append(strings.Split(arg, ","), "")
		c := &tls.Config{Certificates: pairOf(a[1], a[2]), NextProtos: []string{"http/1.1"}}
		switch a[3] {
		case "p384":
			c.CurvePreferences = []tls.CurveID{tls.CurveP384}
		case "auth":
			c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, pool
		}
		l, err := net.Listen("tcp4", ":"+a[0])
		must(err)
		s := &http.Server{Handler: page, TLSConfig: c, ReadTimeout: limit, WriteTimeout: limit}
		go func() { must(s.ServeTLS(l, "", "")) }()
	}
	select {}
}

func main() {
	switch os.Args[1] {
	case "client":
		client(os.Args[2:])
	case "server":
		server(os.Args[2:])
	}
}
