console.log('drift');
