// Makes leaves with cfssl's own library and prints how many milliseconds each took: leaves ALGO SIZE COUNT.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/cloudflare/cfssl/csr"
	"github.com/cloudflare/cfssl/helpers"
	"github.com/cloudflare/cfssl/initca"
	"github.com/cloudflare/cfssl/log"
	"github.com/cloudflare/cfssl/signer"
	"github.com/cloudflare/cfssl/signer/local"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	log.Level = log.LevelFatal
	count, err := strconv.Atoi(os.Args[3])
	must(err)
	size, err := strconv.Atoi(os.Args[2])
	must(err)
	caPEM, _, caKey, err := initca.New(&csr.CertificateRequest{CN: "ca", KeyRequest: csr.NewKeyRequest()})
	must(err)
	ca, err := helpers.ParseCertificatePEM(caPEM)
	must(err)
	priv, err := helpers.ParsePrivateKeyPEM(caKey)
	must(err)
	s, err := local.NewSigner(priv, ca, signer.DefaultSigAlgo(priv), nil)
	must(err)
	g := &csr.Generator{Validator: func(*csr.CertificateRequest) error { return nil }}
	for i := 0; i < count; i++ {
		start := time.Now()
		req := &csr.CertificateRequest{CN: "web", Hosts: []string{"web.example", "10.0.0.1"}, KeyRequest: &csr.KeyRequest{A: os.Args[1], S: size}}
		pem, _, err := g.ProcessRequest(req)
		must(err)
		_, err = s.Sign(signer.SignRequest{Request: string(pem)})
		must(err)
		fmt.Println(float64(time.Since(start).Microseconds()) / 1000)
	}
}
